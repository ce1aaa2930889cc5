import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { built, button, closeBrowser, giveToken, goTo, leave, openBrowser, page, shoot, shows, tab, visit } from "./visit";

// The page of a job that runs: the word count with a text server of its own, built before by ./dev test or ./dev demo.

const binary = built("examples/socket_window_word_count");
const token = "5ad0c0ffee5ad0c0ffee5ad0c0ffee00";

let folder: string;
let job: ChildProcess;
let ended: Promise<number | null>;

/** Where the job says that its page is. */
function started(): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    job.stderr?.on("data", (data: Buffer) => {
      said += data.toString();
      const address = /page at (http:\S+)/.exec(said)?.[1];
      if (address) resolve(address);
    });
    job.on("exit", (status) => reject(new Error(`the job ended with status ${status}: ${said}`)));
  });
}

describe.runIf(existsSync(binary))("a job in a process of its own", () => {
  beforeAll(openBrowser);
  afterAll(closeBrowser);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "weir-page-"));
    await writeFile(join(folder, "token"), `${token}\n`, { mode: 0o600 });
    job = spawn(binary, [
      "--demo",
      "--weir.page=0",
      `--weir.page-token-file=${join(folder, "token")}`,
      `--weir.checkpoint-dir=${join(folder, "checkpoints")}`,
      "--weir.checkpoint-interval=500ms",
    ]);
    job.stdout?.resume();
    ended = new Promise((resolve) => job.on("exit", resolve));
    await visit(await started());
  });

  afterEach(async () => {
    job.kill("SIGKILL");
    await ended;
    await rm(folder, { recursive: true, force: true });
    await leave();
  });

  test("shows itself, from the overview to the last checkpoint", async () => {
    await goTo("");
    await shows("Running jobs", /\d\/s$/);
    await shoot("live-overview");
    await page.locator("a.job").click();
    await page.locator(".svelte-flow__node").getByText(/busy \d+%/).first().waitFor();
    await shows("Event time behind the clock");
    await shoot("live-job");
    await page.locator(".svelte-flow__node").first().click();
    await page.getByRole("complementary").getByRole("link").first().waitFor();
    await shoot("live-task", "window");
    await page.keyboard.press("Escape");
    await tab("Checkpoints").click();
    await page.locator("tr", { hasText: "Completed" }).first().click();
    await page.locator("tr.detail tbody tr").first().waitFor();
    await shoot("live-checkpoints");
    await tab("Exceptions").click();
    await shows("No exceptions");
    await tab("Configuration").click();
    await shows("weir.checkpoint-interval");
    await page.getByRole("navigation").getByText("Task managers").click();
    await shows(/^\d+ of \d+$/, /(MiB|GiB) of /);
    await page.getByRole("navigation").getByText("Job manager").click();
    await shows("Configuration");
  });

  test("is cancelled by whoever has the token", async () => {
    await goTo("");
    await page.locator("a.job").click();
    await button("Cancel").click();
    await button("Cancel the job").click();
    await giveToken("0".repeat(32));
    await page.getByRole("alert").waitFor();
    expect(job.exitCode).toBeNull();
    await giveToken(token);
    expect(await ended).toBe(3);
    await shows("The server does not answer.");
  });
});
