import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from "vitest";
import { built, button, closeBrowser, giveToken, goTo, leave, openBrowser, page, shoot, shows, tab, visit } from "./visit";

// A session on a real cluster, done in the browser alone: a program is uploaded, run, looked at, and cancelled.

const weir = built("cluster/weir");
const program = built("examples/socket_window_word_count");
const run = promisify(execFile);

let folder: string;
let token: string;

describe.runIf(existsSync(weir) && existsSync(program))("a cluster", () => {
  beforeAll(openBrowser);
  afterAll(closeBrowser);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "weir-cluster-"));
    const started = await run(weir, ["cluster", "start", "--dir", folder, "-p", "0", "--control-port", "0", "--slots", "2"]);
    const address = /http:\S+/.exec(started.stdout)?.[0];
    if (!address) throw new Error(`the cluster says nothing of its page: ${started.stdout}`);
    token = (await readFile(join(folder, ".weir-cluster/token"), "utf8")).trim();
    await visit(`${address.replace(/\/$/, "")}/`);
  });

  afterEach(async () => {
    await run(weir, ["cluster", "stop", "--dir", folder]);
    await rm(folder, { recursive: true, force: true });
    await leave();
  });

  test("takes a program, runs it, shows what it prints, and cancels it", async () => {
    await goTo("");
    await shows("No job is running", "of 2 in use");
    await page.getByRole("navigation").getByText("Submit").click();
    await page.locator("input[type=file]").setInputFiles(program);
    await giveToken("0".repeat(32));
    await shows("This token was not accepted.");
    await giveToken(token);
    const row = page.locator("tr", { hasText: "socket_window_word_count" });
    await row.getByText("Run").click();
    await page.getByLabel("Arguments").fill("--demo");
    await page.getByRole("dialog").getByRole("button", { name: "Run" }).click();
    await page.locator(".svelte-flow__node").getByText(/\d\/s$/).first().waitFor();
    await shoot("cluster-job");
    await page.locator(".svelte-flow__node").first().click();
    await page.getByRole("complementary").getByRole("link").first().click();
    await shows("Socket Window WordCount", "1 of 2");
    await tab("Stdout").click();
    await shows(/WordWithCount\(/);
    await shoot("cluster-stdout");
    await tab("Log").click();
    await shows("connected to the JobManager");
    await page.getByRole("navigation").getByText("Job manager").click();
    await tab("Log").click();
    await shows(/JobManager .* process/);
    await page.getByRole("navigation").getByText("Overview").click();
    await page.locator("a.job").click();
    await button("Cancel").click();
    await button("Cancel the job").click();
    await page.getByText("Cancelled", { exact: true }).first().waitFor();
    await page.getByText("All jobs").click();
    await shows("No job is running", "Ended jobs");
    await shoot("cluster-overview");
  });
});
