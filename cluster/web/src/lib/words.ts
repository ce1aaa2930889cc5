/** The words of a command line: separated by blanks, kept together by single or double quotes. */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/(?:[^\s"']+|"(?:\\.|[^"\\])*"|'[^']*')+/g)) {
    words.push(
      match[0].replace(/"((?:\\.|[^"\\])*)"|'([^']*)'/g, (_, double?: string, single?: string) =>
        double === undefined ? (single ?? "") : double.replace(/\\(.)/g, "$1"),
      ),
    );
  }
  return words;
}
