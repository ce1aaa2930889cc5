import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { openBrowser, type Browser } from "./browser";
import { Mock } from "./mock";

// Clicks through every page in Debian's Chromium, against a server that answers as a JobManager does.

const dist = new URL("../../dist", import.meta.url).pathname;
const shots = process.env.WEIR_SCREENSHOTS;

let browser: Browser;
let mock: Mock;
let base: string;
let page: Page;
/** What the page complained of, or asked of hosts elsewhere. */
let complaints: string[];

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(() => browser.close());

beforeEach(async () => {
  mock = new Mock({ dist });
  base = await mock.start();
  await open({ width: 1440, height: 900 });
});

afterEach(async () => {
  await page.context().close();
  await mock.stop();
  expect(complaints).toEqual([]);
});

async function open(viewport: { width: number; height: number }, colorScheme: "light" | "dark" = "light"): Promise<void> {
  await page?.context().close();
  const context = await browser.context({ viewport, colorScheme });
  page = await context.newPage();
  complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith("data:")) complaints.push(`asked ${request.url()}`);
  });
}

async function goTo(hash: string): Promise<void> {
  await page.goto(`${base}${hash}`);
}

async function shows(...texts: string[]): Promise<void> {
  for (const text of texts) await page.getByText(text).first().waitFor();
}

async function shoot(name: string, whole = true): Promise<void> {
  if (!shots) return;
  await mkdir(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: whole });
}

const tab = (name: string): Locator => page.getByRole("tab", { name: new RegExp(name) });
const button = (name: string): Locator => page.getByRole("button", { name, exact: true });

/** Nothing is wider than the window. */
async function fits(): Promise<void> {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(over, `${page.url()} is too wide by`).toBeLessThanOrEqual(0);
}

test("the overview tells slots, running jobs with their records a second, and ended ones", async () => {
  await goTo("");
  await shows("4", "of 8 in use", "revenue per customer", "nightly backfill of orders", "Failed");
  await page.getByText(/^4\d\.\dk\/s$/).first().waitFor();
  await shoot("overview");
});

test("a job's graph shows load, records a second and watermarks, and opens a task's subtasks", async () => {
  await goTo("");
  await page.getByText("revenue per customer").click();
  const node = page.locator(".svelte-flow__node", { hasText: "Enrich with the rate" });
  await node.getByText(/busy 9\d%/).waitFor();
  await node.getByText(/behind/).waitFor();
  expect(await page.locator(".svelte-flow__node").count()).toBe(6);
  expect(await page.locator(".svelte-flow__edge").count()).toBe(5);
  await page.locator(".svelte-flow__edge-label, .svelte-flow__edgelabel-renderer").getByText("broadcast").waitFor();
  await shoot("job");
  await node.click();
  const panel = page.getByRole("complementary");
  await panel.getByText("attempt 3").first().waitFor();
  expect(await panel.locator("tbody tr").count()).toBe(4);
  await shoot("task", false);
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
});

test("the arrow keys go from task to task and from tab to tab", async () => {
  await goTo(`#/jobs/${mock.job}`);
  const first = page.getByRole("link", { name: "Source: orders -> Parse -> Timestamps", exact: true });
  await first.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("complementary").getByText("Parse").waitFor();
  await page.keyboard.press("ArrowDown");
  await page.getByRole("complementary", { name: "Task Source: rates" }).waitFor();
  await page.keyboard.press("Escape");
  await tab("Graph").focus();
  await page.keyboard.press("ArrowRight");
  await page.getByText("History").waitFor();
  expect(await tab("Checkpoints").evaluate((element) => element === document.activeElement)).toBe(true);
});

test("checkpoints tell sizes, durations and why one failed", async () => {
  await goTo(`#/jobs/${mock.job}`);
  await tab("Checkpoints").click();
  await shows("Last completed", "Duration", "History");
  await page.locator("tr", { hasText: "Failed" }).first().click();
  await shows("no space left on device");
  await page.locator("tr", { hasText: "Completed" }).first().click();
  await page.locator("tr.detail", { hasText: "Tumbling window 10 s -> Sum of amounts" }).waitFor();
  await shoot("checkpoints");
});

test("exceptions and configuration", async () => {
  await goTo(`#/jobs/${mock.job}`);
  await tab("Exceptions").click();
  await shows("reading orders: broker 10.0.0.7:9092 closed the connection", "Source: orders (2/2)");
  await shoot("exceptions");
  await tab("Configuration").click();
  await shows("weir.checkpoint-interval", "exponential delay, 1 s to 60 s");
  await shoot("configuration");
});

test("cancelling asks for the token once, and a wrong one changes nothing", async () => {
  await goTo(`#/jobs/${mock.job}`);
  await button("Cancel").click();
  await button("Cancel the job").click();
  await page.getByLabel("Token", { exact: true }).fill("wrong");
  await page.keyboard.press("Enter");
  await shows("That is not the token of this cluster.");
  expect(mock.changes).toEqual([]);
  await shoot("token", false);
  await page.getByLabel("Token", { exact: true }).fill(mock.token);
  await page.keyboard.press("Enter");
  await page.getByText("Canceled").first().waitFor();
  expect(mock.changes).toEqual([`PATCH /jobs/${mock.job}?mode=cancel`]);
  expect(await button("Cancel").isDisabled()).toBe(true);
  await goTo("#/submit");
  await page.reload();
  await button("Delete orders").click();
  await page.getByText("None yet").waitFor();
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => /token/.test(key)))).toEqual([]);
});

test("escape leaves the question for the token, and nothing changes", async () => {
  await goTo(`#/jobs/${mock.job}`);
  await button("Cancel").click();
  await button("Cancel the job").click();
  await page.getByLabel("Token", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByLabel("Token", { exact: true }).waitFor({ state: "detached" });
  await page.keyboard.press("Escape");
  await button("Cancel the job").waitFor({ state: "detached" });
  expect(mock.changes).toEqual([]);
});

test("stopping with a savepoint tells where the savepoint is", async () => {
  await goTo(`#/jobs/${mock.job}`);
  await button("Stop with savepoint").click();
  await page.getByLabel("Directory").fill("/var/lib/weir/savepoints");
  await shoot("stop", false);
  await button("Stop the job").click();
  await page.getByLabel("Token", { exact: true }).fill(mock.token);
  await page.keyboard.press("Enter");
  await shows("/var/lib/weir/savepoints/savepoint-beef-1", "Finished");
  expect(mock.changes).toEqual([`POST /jobs/${mock.job}/stop`]);
});

test("task managers, their files, log and stdout", async () => {
  await goTo("");
  await page.getByRole("navigation").getByText("Task managers").click();
  await shows("taskmanager-1-build7", "4 of 4");
  await shoot("taskmanagers");
  await page.getByText("taskmanager-0-build7").click();
  await page.getByText("weir-root-taskmanager-0-build7.log").click();
  await shows("checkpoint 2599: 14 of 14 subtasks acknowledged");
  await tab("Log").click();
  await shows("600 lines before");
  await page.getByPlaceholder("Find lines").fill("SIGSEGV");
  await page.getByText("5 lines", { exact: true }).waitFor();
  await shoot("log");
  await tab("Stdout").click();
  await shows("(weir,3)");
});

test("the job manager's configuration and log", async () => {
  await goTo("#/jobmanager");
  await page.getByLabel("Find in Configuration").fill("heartbeat");
  expect(await page.locator("tbody tr").count()).toBe(2);
  await shoot("jobmanager");
  await tab("Log").click();
  await shows("checkpoint 2599");
});

test("a program is uploaded and run", async () => {
  await goTo("#/submit");
  await page.locator("input[type=file]").setInputFiles({ name: "top_ten", mimeType: "application/octet-stream", buffer: Buffer.from("ELF") });
  await page.getByLabel("Token", { exact: true }).fill(mock.token);
  await page.keyboard.press("Enter");
  const row = page.locator("tr", { hasText: "top_ten" });
  await row.waitFor();
  await shoot("submit");
  await row.getByText("Run").click();
  await page.getByLabel("Arguments").fill("--port 9999 --name 'two words'");
  await shoot("run", false);
  await page.getByRole("dialog").getByRole("button", { name: "Run" }).click();
  await page.locator(".svelte-flow__node").first().waitFor();
  expect(JSON.parse(mock.lastBody)).toEqual({ programArgsList: ["--port", "9999", "--name", "two words"] });
});

test("a lost server is told, and the page goes on when it is back", async () => {
  await goTo(`#/jobs/${mock.job}`);
  await page.getByText(/busy 9\d%/).first().waitFor();
  await mock.stop();
  await shows("The server does not answer.", "Disconnected");
  await page.locator(".svelte-flow__node").first().waitFor();
  await shoot("disconnected", false);
  mock = new Mock({ dist });
  await mock.start(Number(new URL(base).port));
  await shows("Live");
});

test("nothing runs, nobody has come, and what does not exist is told", async () => {
  await mock.stop();
  mock = new Mock({ dist, empty: true });
  await mock.start(Number(new URL(base).port));
  await goTo("");
  await shows("No job is running");
  await shoot("empty");
  await goTo("#/taskmanagers");
  await shows("No task manager has come yet");
  await goTo("#/jobs/00000000000000000000000000000bad");
  await shows("There is no job 00000000000000000000000000000bad");
  await goTo("#/elsewhere");
  await shows("There is no page “elsewhere”");
});

test("the colours follow the system until one is chosen, which stays", async () => {
  await open({ width: 1440, height: 900 }, "dark");
  await goTo("");
  const theme = (): Promise<string | undefined> => page.evaluate(() => document.documentElement.dataset.theme);
  await shows("Running jobs");
  expect(await theme()).toBe("dark");
  await button("Colours: as the system").click();
  expect(await theme()).toBe("light");
  await page.reload();
  await shows("Running jobs");
  expect(await theme()).toBe("light");
});

test("every page fits a phone, in the dark as well", async () => {
  await open({ width: 390, height: 844 }, "dark");
  const job = `#/jobs/${mock.job}`;
  const pages: Record<string, [string, string]> = {
    overview: ["", "Ended jobs"],
    job: [job, "Event time behind the clock"],
    task: [`${job}/graph/${mock.vertex}`, "attempt 3"],
    checkpoints: [`${job}/checkpoints`, "History"],
    exceptions: [`${job}/exceptions`, "SIGSEGV"],
    configuration: [`${job}/configuration`, "weir.state"],
    taskmanagers: ["#/taskmanagers", "taskmanager-1-build7"],
    log: ["#/taskmanagers/taskmanager-0-build7/log", "checkpoint 2599"],
    jobmanager: ["#/jobmanager", "heartbeat.interval"],
    submit: ["#/submit", "Uploaded programs"],
  };
  for (const [name, [where, what]] of Object.entries(pages)) {
    await goTo(where);
    await shows(what);
    await fits();
    await shoot(`phone-dark-${name}`, name !== "task");
  }
});
