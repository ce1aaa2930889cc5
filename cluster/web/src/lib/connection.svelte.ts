// Whether the server answers.

class Connection {
  lost = $state(false);
  /** Of the browser's clock; 0: never. */
  lastAnswer = $state(0);

  works(): void {
    this.lost = false;
    this.lastAnswer = Date.now();
  }

  fails(): void {
    this.lost = true;
  }
}

export const connection = new Connection();
