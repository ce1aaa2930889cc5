import { connection } from "./connection.svelte";
import { token } from "./token.svelte";

// Requests to the server that the page came from.

/** The server answered, and not with success. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** No answer came. */
export class Unreachable extends Error {
  constructor() {
    super("The server does not answer.");
  }
}

/** The user was asked for the token and gave none. */
export class NoToken extends Error {
  constructor() {
    super("Nothing was changed: this needs the token.");
  }
}

const base = new URL(".", document.baseURI);

export function addressOf(path: string): string {
  return new URL(path.replace(/^\//, ""), base).href;
}

async function send(path: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(addressOf(path), { cache: "no-store", ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    connection.fails();
    throw new Unreachable();
  }
  connection.works();
  return answer;
}

async function refusal(answer: Response): Promise<Refused> {
  const text = await answer.text().catch(() => "");
  try {
    const { errors } = JSON.parse(text) as { errors?: string[] };
    if (errors?.length) return new Refused(answer.status, errors.join("\n"));
  } catch {
    // Not every error is JSON: what it says is shown as it is.
  }
  return new Refused(answer.status, text.trim() || `The server answered ${answer.status} ${answer.statusText}.`);
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await send(path, { signal });
  if (!answer.ok) throw await refusal(answer);
  return (await answer.json()) as T;
}

export interface Tail {
  text: string;
  /** How much of the file is before. */
  skipped: number;
}

/** The end of a file, whole lines only, at most `most` bytes. */
export async function getTail(path: string, most: number, signal?: AbortSignal): Promise<Tail> {
  const answer = await send(path, { signal, headers: { Range: `bytes=-${most}` } });
  if (answer.status === 416) return { text: "", skipped: 0 };
  if (!answer.ok) throw await refusal(answer);
  const text = await answer.text();
  const skipped = Number(/^bytes (\d+)-/.exec(answer.headers.get("Content-Range") ?? "")?.[1] ?? 0);
  return { text: skipped > 0 ? text.slice(text.indexOf("\n") + 1) : text, skipped };
}

/** What changes something: carries the token, and asks for it where there is none or it is not the right one. */
export async function change<T>(method: "POST" | "PATCH" | "DELETE", path: string, body?: object | FormData): Promise<T> {
  let refused = "";
  for (;;) {
    const secret = refused === "" && token.kept ? token.kept : await token.ask(refused);
    if (secret === null) throw new NoToken();
    const headers: Record<string, string> = { Authorization: `Bearer ${secret}` };
    let payload: BodyInit | undefined;
    if (body instanceof FormData) {
      payload = body;
    } else if (body) {
      headers["Content-Type"] = "application/json";
      payload = JSON.stringify(body);
    }
    // Who sends much and is refused meanwhile hears no answer: the token is tried with nothing first.
    let answer = payload instanceof FormData ? await send(path, { method, headers }) : undefined;
    if (answer?.status !== 401) answer = await send(path, { method, headers, body: payload });
    if (answer.status === 401) {
      token.forget();
      refused = `This token was not accepted. The server says: ${(await refusal(answer)).message}`;
      continue;
    }
    if (!answer.ok) throw await refusal(answer);
    const text = await answer.text();
    return (text === "" ? {} : JSON.parse(text)) as T;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
