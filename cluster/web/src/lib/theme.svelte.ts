// Light, dark, or what the system says.

export type Theme = "system" | "light" | "dark";

const key = "weir.theme";
const order: Theme[] = ["system", "light", "dark"];
const system = matchMedia("(prefers-color-scheme: dark)");

class ThemeChoice {
  chosen = $state<Theme>(order.find((theme) => theme === localStorage.getItem(key)) ?? "system");
  #systemIsDark = $state(system.matches);
  readonly dark = $derived(this.chosen === "dark" || (this.chosen === "system" && this.#systemIsDark));

  constructor() {
    system.addEventListener("change", (event) => (this.#systemIsDark = event.matches));
  }

  next(): void {
    this.chosen = order[(order.indexOf(this.chosen) + 1) % order.length] ?? "system";
    localStorage.setItem(key, this.chosen);
  }
}

export const theme = new ThemeChoice();
