import type { Config } from "./rest";

// What the server says about itself.

class Settings {
  refreshMs = $state(2000);
  version = $state("");
  maySubmit = $state(false);
  mayCancel = $state(true);

  take(config: Config): void {
    this.refreshMs = Math.min(Math.max(config["refresh-interval"] || 2000, 500), 60_000);
    this.version = config["weir-version"] ?? config["flink-version"] ?? "";
    this.maySubmit = config.features?.["web-submit"] ?? false;
    this.mayCancel = config.features?.["web-cancel"] ?? true;
  }
}

export const settings = new Settings();
