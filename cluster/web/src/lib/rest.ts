// What the REST routes answer: the fields the page reads, with Flink's names. Times are milliseconds since the epoch,
// durations milliseconds, -1 where there is none yet.

export interface Config {
  "refresh-interval": number;
  "flink-version"?: string;
  "weir-version"?: string;
  features?: { "web-submit"?: boolean; "web-cancel"?: boolean };
}

export interface Overview {
  taskmanagers: number;
  "slots-total": number;
  "slots-available": number;
  "jobs-running": number;
  "jobs-finished": number;
  "jobs-cancelled": number;
  "jobs-failed": number;
  "flink-version"?: string;
}

export type JobState =
  | "INITIALIZING"
  | "CREATED"
  | "RUNNING"
  | "RESTARTING"
  | "FAILING"
  | "FAILED"
  | "CANCELLING"
  | "CANCELED"
  | "FINISHED"
  | "SUSPENDED"
  | "RECONCILING";

export type TaskState =
  "CREATED" | "SCHEDULED" | "DEPLOYING" | "INITIALIZING" | "RUNNING" | "FINISHED" | "CANCELING" | "CANCELED" | "FAILED";

export interface JobSummary {
  jid: string;
  name: string;
  state: JobState;
  "start-time": number;
  "end-time": number;
  duration: number;
  "last-modification"?: number;
  tasks?: Record<string, number>;
}

export interface IoMetrics {
  "read-bytes": number;
  "write-bytes": number;
  "read-records": number;
  "write-records": number;
  "accumulated-backpressured-time"?: number;
  "accumulated-idle-time"?: number;
  "accumulated-busy-time"?: number;
}

export interface Vertex {
  id: string;
  name: string;
  parallelism: number;
  maxParallelism?: number;
  status: TaskState;
  "start-time": number;
  "end-time": number;
  duration: number;
  tasks: Record<string, number>;
  metrics: IoMetrics;
}

export interface PlanNode {
  id: string;
  parallelism: number;
  description: string;
  operator?: string;
  inputs?: { num: number; id: string; ship_strategy: string }[];
}

export interface JobDetail {
  jid: string;
  name: string;
  state: JobState;
  "start-time": number;
  "end-time": number;
  duration: number;
  maxParallelism?: number;
  now: number;
  timestamps: Partial<Record<JobState, number>>;
  vertices: Vertex[];
  plan: { nodes: PlanNode[] };
}

export interface Subtask {
  subtask: number;
  status: TaskState;
  attempt: number;
  endpoint?: string;
  host?: string;
  "taskmanager-id"?: string;
  "start-time": number;
  "end-time": number;
  duration: number;
  metrics: IoMetrics;
}

export interface VertexDetail {
  id: string;
  name: string;
  parallelism: number;
  now: number;
  subtasks: Subtask[];
}

export interface Metric {
  id: string;
  value: string;
}

/** Over all subtasks. */
export interface AggregatedMetric {
  id: string;
  sum?: number;
  min?: number;
  max?: number;
  avg?: number;
}

export type CheckpointState = "IN_PROGRESS" | "COMPLETED" | "FAILED";

export interface Checkpoint {
  id: number;
  status: CheckpointState;
  is_savepoint: boolean;
  checkpoint_type?: string;
  trigger_timestamp: number;
  latest_ack_timestamp: number;
  state_size: number;
  checkpointed_size?: number;
  end_to_end_duration: number;
  alignment_buffered?: number;
  num_subtasks: number;
  num_acknowledged_subtasks: number;
  external_path?: string;
  discarded?: boolean;
  failure_timestamp?: number;
  failure_message?: string;
}

export interface CheckpointTask {
  id: string | number;
  status: CheckpointState;
  latest_ack_timestamp: number;
  state_size: number;
  checkpointed_size?: number;
  end_to_end_duration: number;
  alignment_duration?: number;
  num_subtasks: number;
  num_acknowledged_subtasks: number;
}

export interface CheckpointDetail extends Checkpoint {
  tasks: Record<string, CheckpointTask>;
}

export interface RestoredCheckpoint {
  id: number;
  restore_timestamp: number;
  is_savepoint: boolean;
  external_path?: string;
}

export interface Checkpoints {
  counts: { restored: number; total: number; in_progress: number; completed: number; failed: number };
  latest: {
    completed?: Checkpoint | null;
    savepoint?: Checkpoint | null;
    failed?: Checkpoint | null;
    restored?: RestoredCheckpoint | null;
  };
  history: Checkpoint[];
}

export interface CheckpointsConfig {
  mode: string;
  interval: number;
  timeout: number;
  min_pause: number;
  max_concurrent: number;
  externalization?: { enabled: boolean; delete_on_cancellation: boolean };
  state_backend?: string;
  checkpoint_storage?: string;
}

export interface ExceptionEntry {
  exceptionName?: string;
  stacktrace: string;
  timestamp: number;
  taskName?: string | null;
  endpoint?: string | null;
  taskManagerId?: string | null;
}

export interface Exceptions {
  "root-exception"?: string | null;
  timestamp?: number | null;
  exceptionHistory?: { entries: ExceptionEntry[]; truncated: boolean };
}

export interface JobConfig {
  jid: string;
  name: string;
  "execution-config": {
    "restart-strategy"?: string;
    "job-parallelism"?: number;
    "object-reuse-mode"?: boolean;
    "user-config"?: Record<string, string>;
  };
}

export interface TaskManager {
  id: string;
  path: string;
  timeSinceLastHeartbeat: number;
  slotsNumber: number;
  freeSlots: number;
  hardware?: { cpuCores: number; physicalMemory: number; freeMemory?: number; managedMemory?: number };
  memoryUsed?: number;
  processId?: number;
  /** Only of one, not in the list. */
  allocatedSlots?: { jobId: string }[];
}

export interface LogFile {
  name: string;
  size: number;
  mtime?: number;
}

export interface ConfigEntry {
  key: string;
  value: string;
}

export interface Program {
  id: string;
  name: string;
  uploaded: number;
}

export interface Operation {
  status: { id: "IN_PROGRESS" | "COMPLETED" };
  operation?: { location?: string; checkpointId?: number; "failure-cause"?: { class?: string; "stack-trace"?: string } };
}
