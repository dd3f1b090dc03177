// The answers of aurorad, in its own names (GET /api/v1/openapi.json describes them). What is marked
// optional is not in every answer, or not in every version: a part of the page that needs it stays away.

export type State =
  | "stopped" | "waiting" | "starting" | "running" | "stopping" | "backoff" | "failed" | "completed";
export type Health = "none" | "unknown" | "healthy" | "unhealthy";
export type Role = "read" | "operate";

export interface Exit {
  code: number | null;
  signal: string | null;
  cause: string | null;
  core_dumped?: boolean;
}

export interface Evidence {
  exit: Exit | null;
  text: string;
  dependency: string;
  delay_seconds: number | null;
  count: number;
  limit: number;
}

export interface Service {
  name: string;
  service: string;
  instance: number;
  state: State;
  desired: "up" | "down";
  health: Health;
  pid: number | null;
  port: number | null;
  started_at: string | null;
  uptime_seconds: number | null;
  restarts: number;
  next_start_in_seconds: number | null;
  last_exit: (Exit & { at: string | null }) | null;
  reason: string;
  depends_on: string[];
  cpu_percent: number | null;
  memory_bytes: number | null;
  because?: Evidence;
  status_text?: string;
  labels?: Record<string, string>;
  restarts_today?: number;
}

export interface Daemon {
  pid: number;
  keeper_pid: number;
  version: string;
  name: string;
  started_at: string;
  uptime_seconds: number;
  config: string;
  state_dir: string;
  http: string | null;
  warnings?: string[];
  restarts_today?: number;
}

export interface Status {
  daemon: Daemon;
  services: Service[];
}

export interface Event {
  sequence: number;
  at: string;
  instance: string;
  from: State;
  to: State;
  reason: string;
  health: Health;
  run: number;
  pid: number | null;
  because: Evidence;
}

export interface Explanation {
  instance: string;
  state: State;
  summary: string;
  chain: { at: string; text: string; detail: string[] }[];
  rule: string;
  next: string;
  last_lines: string[];
  waits_for: string[];
}

export interface Graph {
  nodes: { service: string; state: State; health: Health }[];
  edges: Edge[];
}

export interface Edge {
  from: string;
  to: string;
  condition: string;
  required: boolean;
  restart: boolean;
  holds: boolean;
}

export interface Step {
  service: string;
  action: "add" | "remove" | "restart" | "update" | "scale";
  keys: string[];
  from_instances: number;
  to_instances: number;
}

export interface Operation {
  finished: boolean;
  targets: { name: string; result: "done" | "already" | "failed" | "pending"; state: State; detail: string }[];
}

export interface LogLine {
  name: string;
  at: string | null;
  offset: number;
  /** The offset behind it: where a subscription goes on. */
  next?: number;
  text: string;
  partial: boolean;
}

export interface Probe {
  at: string;
  healthy: boolean;
  took_seconds: number;
  text: string;
}

export interface UsageSample {
  at: string;
  cpu_percent: number | null;
  memory_bytes: number | null;
}

export interface Process {
  pid: number;
  parent: number;
  command: string;
  state: string;
  cpu_seconds: number;
  memory_bytes: number;
  started_at: string;
  threads: number;
}

export interface Variable {
  name: string;
  value: string;
  masked?: boolean;
  from?: string;
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface Configuration {
  name: string;
  service: string;
  configuration: { [key: string]: Json };
  environment: Variable[];
}

/** RFC 9457, as aurorad answers it. */
export interface ProblemBody {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  hint?: string;
  errors?: string[];
}

/** The messages of the stream that the page knows. */
export type Message =
  | { type: "authenticated"; role: Role }
  | { type: "snapshot"; sequence: number; status: Status }
  | ({ type: "event" } & Event)
  | { type: "status"; service: Service }
  | { type: "removed"; name: string }
  | { type: "subscribed"; logs?: string[]; unknown?: string[] }
  | ({ type: "log" } & LogLine)
  | { type: "batch"; messages: Message[] }
  | { type: "dropped"; lines: number }
  | { type: "dropped"; name: string; bytes: number }
  | { type: "dropped"; probes: number }
  | { type: "usage"; at: string; services: [string, number | null, number | null][] }
  | ({ type: "probe"; name: string } & Probe)
  | { type: "error"; title: string; detail: string; hint?: string };
