import { chromium, type BrowserContext, type BrowserContextOptions } from "playwright-core";

// Debian's Chromium, without what it would ask of hosts elsewhere.

export interface Browser {
  context(options: BrowserContextOptions): Promise<BrowserContext>;
  close(): Promise<void>;
}

export async function openBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  return {
    context: async (options) => {
      const context = await browser.newContext(options);
      context.setDefaultTimeout(15_000);
      return context;
    },
    close: () => browser.close(),
  };
}
