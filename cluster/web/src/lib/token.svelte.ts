// The token that requests which change something need. It is asked for once and kept as long as the browser's tab.

const key = "weir.token";

interface Question {
  /** Why the last one was refused; empty: none was. */
  refused: string;
  answer: (token: string | null) => void;
}

class Token {
  /** What the dialog asks now. */
  question = $state.raw<Question | null>(null);
  kept = $state(sessionStorage.getItem(key) ?? "");

  /** Null: the user would rather not. */
  ask(refused: string): Promise<string | null> {
    this.question?.answer(null);
    return new Promise((resolve) => {
      this.question = {
        refused,
        answer: (token) => {
          this.question = null;
          if (token !== null) this.#keep(token);
          resolve(token);
        },
      };
    });
  }

  forget(): void {
    this.kept = "";
    sessionStorage.removeItem(key);
  }

  #keep(token: string): void {
    this.kept = token;
    sessionStorage.setItem(key, token);
  }
}

export const token = new Token();
