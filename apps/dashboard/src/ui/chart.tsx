// A chart over time, by uPlot. It is loaded with the first page that shows one.
import { effect, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clockTime } from "../text/formats.ts";
import { theme } from "../state/settings.ts";

export interface ChartLine {
  label: string;
  /** A custom property of the theme: "--cyan". */
  colour: string;
}

interface Props {
  title: string;
  lines: ChartLine[];
  /** Seconds since 1970, then the values of each line. */
  data: [number[], ...(number | null)[][]];
  /** How a value is written. */
  write: (value: number) => string;
  bars?: boolean;
  windowSeconds: number;
}

const systemTheme = signal(0);
matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => ++systemTheme.value);

function styleOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function Chart({ title, lines, data, write, bars = false, windowSeconds }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const newest = useRef(data);
  newest.current = data;
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const make = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(options(element.clientWidth, lines, write, bars, windowSeconds), newest.current, element);
    };
    const stop = effect(() => {
      theme.value;
      systemTheme.value;
      // The new theme's colours are there with the next frame.
      requestAnimationFrame(() => element.isConnected && make());
    });
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      stop();
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [title]);
  useEffect(() => plot.current?.setData(data), [data]);
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div ref={box} class="chart-box" role="img" aria-label={`${title}: ${summary(data, write)}`} />
    </figure>
  );
}

const height = 150;

/** What somebody who does not see the chart is told. */
function summary(data: Props["data"], write: (value: number) => string): string {
  const values = data[1]?.filter((each): each is number => each !== null) ?? [];
  if (values.length === 0) return "nothing yet";
  return `newest ${write(values[values.length - 1] as number)}, highest ${write(Math.max(...values))}`;
}

function options(
  width: number, lines: ChartLine[], write: (value: number) => string, bars: boolean, windowSeconds: number,
): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: styleOf("--muted"),
    grid: { stroke: styleOf("--line"), width: 1 },
    ticks: { stroke: styleOf("--line"), width: 1, size: 4 },
    font: "11px ui-monospace, monospace",
  };
  return {
    width,
    height,
    cursor: { y: false, points: { size: 6 } },
    legend: { live: true },
    scales: {
      x: { time: true, range: (_u, min, max) => [Math.min(min ?? 0, (max ?? 0) - windowSeconds), max ?? 1] },
      y: { range: (_u, _min, max) => [0, (max || 1) * 1.15] },
    },
    axes: [{ ...axis, space: 80, values: (_u, ticks) => ticks.map((at) => clockTime(new Date(at * 1000)).slice(0, windowSeconds < 600 ? 8 : 5)) }, { ...axis, size: 66, space: 34, values: (_u, ticks) => ticks.map(write) }],
    series: [
      { value: (_u, at) => (at === null ? "–" : clockTime(new Date(at * 1000)).slice(0, 8)) },
      ...lines.map(({ label, colour }): uPlot.Series => ({
        label,
        stroke: styleOf(colour),
        fill: `${styleOf(colour)}22`,
        width: 1.5,
        points: { show: false },
        value: (_u, is) => (is === null ? "–" : write(is)),
        ...(bars && uPlot.paths.bars ? { paths: uPlot.paths.bars({ size: [0.6, 8, 2] }), fill: `${styleOf(colour)}aa` } : {}),
      })),
    ],
  };
}
