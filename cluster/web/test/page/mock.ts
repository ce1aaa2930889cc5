import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";

// A server that answers as a JobManager with a few jobs does, whose counters go on with the clock. It serves the built
// page as well, so that the page is tested as it is delivered.

const token = "0123456789abcdef0123456789abcdef";

/** As the server sends it. */
const contentSecurity =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; " +
  "frame-ancestors 'none'";

interface Op {
  id: string;
  name: string;
  parallelism: number;
  inputs: { num: number; id: string; ship_strategy: string }[];
  in: number;
  out: number;
  busy: number;
  pressed: number;
}

const hex = (n: number): string => n.toString(16).padStart(32, "0");

const operators: Op[] = [
  { id: hex(0xa1), name: "Source: orders -> Parse -> Timestamps", parallelism: 2, inputs: [], in: 0, out: 48_200, busy: 0.44, pressed: 0.41 },
  { id: hex(0xa2), name: "Source: rates", parallelism: 1, inputs: [], in: 0, out: 120, busy: 0.02, pressed: 0 },
  {
    id: hex(0xa3), name: "KeyBy customer -> Enrich with the rate -> Filter cancelled -> Map to euros -> Split -> Tag", parallelism: 4,
    inputs: [{ num: 0, id: hex(0xa1), ship_strategy: "HASH" }, { num: 1, id: hex(0xa2), ship_strategy: "BROADCAST" }],
    in: 48_320, out: 47_900, busy: 0.91, pressed: 0.02,
  },
  {
    id: hex(0xa4), name: "Tumbling window 10 s -> Sum of amounts", parallelism: 4,
    inputs: [{ num: 0, id: hex(0xa3), ship_strategy: "HASH" }], in: 47_900, out: 820, busy: 0.58, pressed: 0,
  },
  {
    id: hex(0xa5), name: "Sink: late orders", parallelism: 1,
    inputs: [{ num: 0, id: hex(0xa3), ship_strategy: "REBALANCE" }], in: 14, out: 0, busy: 0.001, pressed: 0,
  },
  {
    id: hex(0xa6), name: "Sink: revenue per customer", parallelism: 2,
    inputs: [{ num: 0, id: hex(0xa4), ship_strategy: "REBALANCE" }], in: 820, out: 0, busy: 0.12, pressed: 0,
  },
];

export interface MockOptions {
  /** Nothing runs and nothing ran. */
  empty?: boolean;
  /** The job takes no checkpoints. */
  forgetful?: boolean;
  /** The job has failed. */
  failed?: boolean;
  dist: string;
}

export class Mock {
  readonly token = token;
  readonly job = hex(0xbeef);
  readonly vertex = hex(0xa3);
  lastBody = "";
  readonly changes: string[] = [];
  readonly #began = Date.now() - 754_000;
  readonly #server: Server;
  #cancelled = 0;
  #stopped = 0;
  #programs = [{ id: "5f1d_orders", name: "orders", uploaded: this.#began }];

  constructor(readonly options: MockOptions) {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  async start(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the mock listens nowhere");
    return `http://127.0.0.1:${address.port}/`;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #state(): string {
    if (this.options.failed) return "FAILED";
    return this.#cancelled ? "CANCELED" : this.#stopped ? "FINISHED" : "RUNNING";
  }

  #now(): number {
    if (this.options.failed) return this.#began + 410_000;
    return this.#cancelled || this.#stopped || Date.now();
  }

  #metrics(op: Op, share: number, index: number): Record<string, number> {
    const seconds = (this.#now() - this.#began) / 1000;
    const wave = 1 + 0.18 * Math.sin(seconds / 9 + index) * (op.id === hex(0xa2) ? 0 : 1);
    const counted = (rate: number): number => Math.floor(((rate * seconds) / 1) * share + (rate * share * (wave - 1) * 9) / 3);
    const busy = Math.min(0.99, op.busy * (1 + 0.05 * index));
    return {
      "read-records": counted(op.in),
      "write-records": counted(op.out),
      "read-bytes": counted(op.in * 86),
      "write-bytes": counted(op.out * 91),
      "accumulated-busy-time": Math.floor(seconds * 1000 * busy),
      "accumulated-backpressured-time": Math.floor(seconds * 1000 * op.pressed),
      "accumulated-idle-time": Math.floor(seconds * 1000 * (1 - busy - op.pressed)),
    };
  }

  #vertex(op: Op): object {
    const parts = Array.from({ length: op.parallelism }, (_, i) => this.#metrics(op, 1 / op.parallelism, i));
    const sum: Record<string, number> = {};
    for (const part of parts) for (const [name, value] of Object.entries(part)) sum[name] = (sum[name] ?? 0) + value;
    return {
      id: op.id, name: op.name, parallelism: op.parallelism, maxParallelism: 128, status: this.#state(),
      "start-time": this.#began, "end-time": -1, duration: this.#now() - this.#began,
      tasks: { [this.#state()]: op.parallelism }, metrics: sum,
    };
  }

  #checkpoint(id: number): Record<string, unknown> {
    const failed = id % 17 === 5;
    const at = this.#began + id * 10_000;
    return {
      id, status: failed ? "FAILED" : "COMPLETED", is_savepoint: id === 60, checkpoint_type: "CHECKPOINT",
      trigger_timestamp: at, latest_ack_timestamp: at + 180, state_size: failed ? 0 : 41_000_000 + id * 130_000,
      checkpointed_size: failed ? 0 : 3_100_000 + ((id * 7919) % 900_000),
      end_to_end_duration: failed ? 60_000 / 100 : 140 + ((id * 7919) % 160), alignment_buffered: 0,
      num_subtasks: 14, num_acknowledged_subtasks: failed ? 9 : 14,
      external_path: failed ? undefined : `/var/lib/weir/checkpoints/${hex(0xbeef)}/chk-${id}`,
      discarded: id < 72, tasks: {},
      ...(failed ? { failure_timestamp: at + 600, failure_message: "write /var/lib/weir/checkpoints: no space left on device (28)" } : {}),
    };
  }

  #checkpoints(): object {
    const last = Math.floor((this.#now() - this.#began) / 10_000) - 1;
    const history = Array.from({ length: 40 }, (_, i) => this.#checkpoint(last - i)).filter(({ id }) => (id as number) > 0);
    return {
      counts: { restored: 1, total: last, in_progress: 0, completed: last - 4, failed: 4 },
      latest: {
        completed: history.find(({ status }) => status === "COMPLETED"),
        restored: { id: 41, restore_timestamp: this.#began + 412_000, is_savepoint: false, external_path: "/var/lib/weir/checkpoints/x/chk-41" },
      },
      history,
    };
  }

  #job(): object {
    const now = this.#now();
    const ended = this.#state() !== "RUNNING";
    return {
      jid: hex(0xbeef), name: "revenue per customer", isStoppable: true, state: this.#state(), "start-time": this.#began,
      "end-time": ended ? now : -1, duration: now - this.#began, maxParallelism: 128, now,
      timestamps: { CREATED: this.#began, RUNNING: this.#began + 20 },
      vertices: operators.map((op) => this.#vertex(op)),
      "status-counts": { [this.#state()]: 6 },
      plan: {
        jid: hex(0xbeef), name: "revenue per customer", type: "STREAMING",
        nodes: operators.map((op) => ({ id: op.id, parallelism: op.parallelism, description: op.name, inputs: op.inputs })),
      },
    };
  }

  #route(path: string): unknown {
    const { empty, forgetful } = this.options;
    if (forgetful && path.includes("/checkpoints")) return undefined;
    const jid = hex(0xbeef);
    const ended = (n: number, name: string, state: string, ago: number, took: number): object => ({
      jid: hex(n), name, state, "start-time": this.#began - ago, "end-time": this.#began - ago + took, duration: took,
      "last-modification": this.#began - ago + took, tasks: { total: 3, [state.toLowerCase()]: 3 },
    });
    const state = this.#state();
    switch (path) {
      case "/config":
        return { "refresh-interval": 1000, "flink-version": "0.1.0", features: { "web-submit": true, "web-cancel": true } };
      case "/overview":
        return empty
          ? { taskmanagers: 0, "slots-total": 0, "slots-available": 0, "jobs-running": 0, "jobs-finished": 0, "jobs-cancelled": 0, "jobs-failed": 0 }
          : { taskmanagers: 2, "slots-total": 8, "slots-available": 4, "jobs-running": state === "RUNNING" ? 1 : 0, "jobs-finished": 2, "jobs-cancelled": 1, "jobs-failed": 1 };
      case "/jobs/overview":
        return {
          jobs: empty ? [] : [
            { jid, name: "revenue per customer", state, "start-time": this.#began, "end-time": state === "RUNNING" ? -1 : this.#now(), duration: this.#now() - this.#began, "last-modification": this.#began, tasks: { total: 14, [state.toLowerCase()]: 14 } },
            ended(1, "SocketWindowWordCount", "CANCELED", 7_200_000, 610_000),
            ended(2, "nightly backfill of orders", "FINISHED", 40_000_000, 5_100_000),
            ended(3, "nightly backfill of orders", "FAILED", 60_000_000, 12_300),
            ended(4, "top ten products", "FINISHED", 90_000_000, 84_000_000),
          ],
        };
      case `/jobs/${jid}`:
        return this.#job();
      case `/jobs/${jid}/checkpoints`:
        return this.#checkpoints();
      case `/jobs/${jid}/checkpoints/config`:
        return { mode: "exactly_once", interval: 10_000, timeout: 600_000, min_pause: 500, max_concurrent: 1, externalization: { enabled: true, delete_on_cancellation: false }, state_backend: "rocksdb" };
      case `/jobs/${jid}/exceptions`:
        return {
          "root-exception": "weir::ExternalError: broker 10.0.0.7:9092 closed the connection",
          exceptionHistory: {
            truncated: false,
            entries: [
              { exceptionName: "weir::ExternalError", timestamp: this.#began + 410_000, taskName: "Source: orders (2/2)", endpoint: "localhost:41233", taskManagerId: "taskmanager-0-build7", stacktrace: "reading orders: broker 10.0.0.7:9092 closed the connection after 3 of 812 bytes\n  partition 4, offset 88123901\n  tried 5 times over 31 s; the job restarts from checkpoint 41" },
              { exceptionName: "WorkerDied", timestamp: this.#began + 95_000, taskName: "KeyBy customer -> Enrich with the rate (3/4)", endpoint: "localhost:41233", taskManagerId: "taskmanager-0-build7", stacktrace: "the worker process 48121 was ended by signal 11 (SIGSEGV)" },
            ],
          },
        };
      case `/jobs/${jid}/config`:
        return { jid, name: "x", "execution-config": { "restart-strategy": "exponential delay, 1 s to 60 s", "job-parallelism": 4, "user-config": { "weir.checkpoint-interval": "10s", "weir.state": "rocksdb", "--brokers": "10.0.0.7:9092,10.0.0.8:9092", "--topic": "orders" } } };
      case "/taskmanagers":
        return { taskmanagers: empty ? [] : ["taskmanager-0-build7", "taskmanager-1-build7"].map((id, i) => this.#manager(id, i)) };
      case "/taskmanagers/taskmanager-0-build7":
        return { ...this.#manager("taskmanager-0-build7", 0), allocatedSlots: Array.from({ length: 4 }, () => ({ jobId: jid })) };
      case `/jobs/${jid}/metrics`:
        return [{ id: "numRestarts", value: "2" }];
      case "/taskmanagers/taskmanager-0-build7/logs":
        return { logs: [{ name: "weir-root-taskmanager-0-build7.log", size: 48_213 }, { name: "weir-root-taskmanager-0-build7.out", size: 1_203_881 }] };
      case "/jobmanager/config":
        return Object.entries({ "rest.port": "8081", "rest.address": "localhost", "control.port": "6123", dir: "/srv/weir", "heartbeat.interval": "2s", "heartbeat.timeout": "10s", "web.submit": "true", "restart.attempts": "3", "jobs.kept": "100" }).map(([key, value]) => ({ key, value }));
      case "/jars":
        return { address: "http://localhost:8081", files: this.#programs };
    }
    const vertex = operators.find((op) => path.startsWith(`/jobs/${jid}/vertices/${op.id}`));
    if (vertex && path.endsWith("/watermarks")) {
      return vertex.id === hex(0xa2) ? [] : Array.from({ length: vertex.parallelism }, (_, i) => ({ id: `${i}.currentInputWatermark`, value: String(this.#now() - 1200 - i * 340 - operators.indexOf(vertex) * 210) }));
    }
    if (vertex && path.endsWith("/subtasks/metrics")) {
      return [
        { id: "numLateRecordsDropped", sum: vertex.id === hex(0xa3) ? 1204 : 0 },
        { id: "numMalformedRecords", sum: 0 },
        { id: "numFarFutureRecords", sum: 0 },
      ];
    }
    if (vertex) {
      return {
        id: vertex.id, name: vertex.name, parallelism: vertex.parallelism, now: this.#now(),
        subtasks: Array.from({ length: vertex.parallelism }, (_, i) => ({
          subtask: i, status: state, attempt: 2, endpoint: "localhost:41233", "taskmanager-id": `taskmanager-${i % 2}-build7`,
          "start-time": this.#began, "end-time": -1, duration: this.#now() - this.#began, metrics: this.#metrics(vertex, 1 / vertex.parallelism, i),
        })),
      };
    }
    const detail = /\/checkpoints\/details\/(\d+)$/.exec(path);
    if (detail) {
      const checkpoint = this.#checkpoint(Number(detail[1]));
      checkpoint.tasks = Object.fromEntries(operators.map((op, i) => [op.id, {
        id: checkpoint.id, status: checkpoint.status, latest_ack_timestamp: checkpoint.latest_ack_timestamp, state_size: i === 3 ? 38_000_000 : 210_000 * i,
        end_to_end_duration: 90 + 11 * i, alignment_duration: 2 * i, num_subtasks: op.parallelism, num_acknowledged_subtasks: op.parallelism,
      }]));
      return checkpoint;
    }
    if (/\/savepoints\/t1$/.test(path)) return { status: { id: "COMPLETED" }, operation: { location: "/var/lib/weir/savepoints/savepoint-beef-1" } };
    return undefined;
  }

  #manager(id: string, i: number): object {
    return {
      id, path: `localhost:${41233 + i}`, dataPort: 41240 + i, timeSinceLastHeartbeat: Date.now() - 700, slotsNumber: 4, freeSlots: i === 0 ? 0 : 4,
      hardware: { cpuCores: 8, physicalMemory: 33_000_000_000, freeMemory: 20_000_000_000, managedMemory: 0 },
      memoryUsed: 1_288_490_188 - i * 900_000_000, processId: 48_000 + i,
    };
  }

  #log(path: string): string {
    const lines: string[] = [];
    for (let i = path.includes("logs/") ? -8000 : 0; i < 2600; ++i) {
      const at = new Date(this.#began + i * 290).toISOString().replace("T", " ").slice(0, 23);
      const level = i % 400 === 399 ? "error" : i % 57 === 0 ? "warning" : "info";
      lines.push(`[${at}] [${level}] ${level === "error" ? "worker 48121 of job beef: ended by signal 11 (SIGSEGV)" : `checkpoint ${i}: 14 of 14 subtasks acknowledged, 41.2 MiB, 182 ms`}`);
    }
    return `${lines.join("\n")}\n`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const path = decodeURIComponent(pathname);
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    };
    if (request.method !== "GET") {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      if (request.headers.authorization !== `Bearer ${token}`) {
        json(401, { errors: ["That is not the token of this cluster."] });
        return;
      }
      this.lastBody = Buffer.concat(parts).toString();
      if (path.endsWith("/upload") && this.lastBody === "") {
        json(400, { errors: ["no form"] });
        return;
      }
      this.changes.push(`${request.method} ${request.url}`);
      if (request.method === "PATCH") {
        this.#cancelled = Date.now();
        json(202, {});
      } else if (path.endsWith("/stop")) {
        this.#stopped = Date.now();
        json(202, { "request-id": "t1" });
      } else if (path.endsWith("/savepoints")) {
        json(202, { "request-id": "t1" });
      } else if (path.endsWith("/run")) {
        json(200, { jobid: hex(0xbeef) });
      } else if (path.endsWith("/upload")) {
        this.#programs.push({ id: "77aa_top", name: "top_ten", uploaded: Date.now() });
        json(200, { filename: "top_ten", status: "success" });
      } else {
        this.#programs = this.#programs.filter(({ id }) => !path.endsWith(id));
        json(200, {});
      }
      return;
    }
    if (/\/(log|stdout|logs\/.+)$/.test(path)) {
      const text = path.endsWith("stdout") ? "(weir,3)\n(flows,1)\n" : this.#log(path);
      const wanted = Number(/^bytes=-(\d+)$/.exec(request.headers.range ?? "")?.[1] ?? text.length);
      const from = Math.max(0, text.length - wanted);
      response
        .writeHead(206, { "Content-Type": "text/plain", "Content-Range": `bytes ${from}-${text.length - 1}/${text.length}` })
        .end(text.slice(from));
      return;
    }
    const answer = this.#route(path);
    if (answer !== undefined) {
      json(200, answer);
      return;
    }
    const types: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
    const file = join(this.options.dist, normalize(path === "/" ? "/index.html" : path));
    try {
      const body = await readFile(file);
      response
        .writeHead(200, {
          "Content-Type": types[extname(file)] ?? "application/octet-stream",
          "Content-Security-Policy": contentSecurity,
        })
        .end(body);
    } catch {
      json(404, { errors: [`There is no ${path}.`] });
    }
  }
}
