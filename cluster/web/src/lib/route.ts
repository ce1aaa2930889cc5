// The part of the address behind "#/" says which page is shown.

export type Route =
  | { page: "overview" }
  | { page: "job"; id: string; tab: string; vertex: string | null }
  | { page: "taskmanagers" }
  | { page: "taskmanager"; id: string; tab: string }
  | { page: "jobmanager"; tab: string }
  | { page: "submit" }
  | { page: "unknown"; path: string };

export function parseRoute(hash: string): Route {
  const parts = hash.replace(/^#?\/?/, "").split("/").filter((part) => part !== "").map(decode);
  const [first, second, third, fourth] = parts;
  const unknown: Route = { page: "unknown", path: parts.join("/") };
  switch (first) {
    case undefined:
    case "overview":
      return parts.length <= 1 ? { page: "overview" } : unknown;
    case "jobs":
      if (second === undefined) return { page: "overview" };
      return { page: "job", id: second, tab: third ?? "graph", vertex: third === "graph" ? (fourth ?? null) : null };
    case "taskmanagers":
      if (second === undefined) return { page: "taskmanagers" };
      return { page: "taskmanager", id: second, tab: third ?? "overview" };
    case "jobmanager":
      return { page: "jobmanager", tab: second ?? "config" };
    case "submit":
      return { page: "submit" };
    default:
      return unknown;
  }
}

export function linkTo(...parts: string[]): string {
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
