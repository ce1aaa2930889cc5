import { parseRoute, type Route } from "./route";

// Where the user is. Links are followed here and not by the browser, which would take the focus from what was used.

class Here {
  route = $state.raw<Route>(parseRoute(location.hash));

  constructor() {
    const read = (): void => this.#show(parseRoute(location.hash));
    addEventListener("popstate", read);
    addEventListener("hashchange", read);
    addEventListener("click", (event) => this.#follow(event));
  }

  go(link: string): void {
    if (link !== location.hash) history.pushState(null, "", link);
    this.#show(parseRoute(link));
  }

  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest('a[href^="#/"]')?.getAttribute("href");
    if (!link) return;
    event.preventDefault();
    this.go(link);
  }

  #show(route: Route): void {
    const thing = (one: Route): string => `${one.page}/${"id" in one ? one.id : ""}`;
    const same = thing(route) === thing(this.route);
    this.route = route;
    if (!same) scrollTo(0, 0);
  }
}

export const here = new Here();

export function go(link: string): void {
  here.go(link);
}
