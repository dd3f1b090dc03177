// Rows of known heights, of which only those in sight are in the document. The page scrolls.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

export interface VirtualRow {
  key: string;
  height: number;
}

interface Props<Row extends VirtualRow> {
  rows: readonly Row[];
  draw: (row: Row) => ComponentChildren;
  /** Scrolled to when it changes. */
  reveal: string | null;
}

const beyond = 400;

export function VirtualRows<Row extends VirtualRow>({ rows, draw, reveal }: Props<Row>) {
  const box = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState({ from: 0, to: innerHeight });
  useEffect(() => {
    const look = (): void => {
      const top = box.current?.getBoundingClientRect().top ?? 0;
      // In steps: not every pixel draws anew.
      const from = Math.floor(-top / 100) * 100;
      setSight((was) => (was.from === from && was.to === from + innerHeight ? was : { from, to: from + innerHeight }));
    };
    look();
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => {
      removeEventListener("scroll", look);
      removeEventListener("resize", look);
    };
  }, []);
  let top = 0;
  let revealed: number | null = null;
  const shown: ComponentChildren[] = [];
  for (const row of rows) {
    if (row.key === reveal) revealed = top;
    if (top + row.height > sight.from - beyond && top < sight.to + beyond) {
      shown.push(<div class="virtual-row" key={row.key} style={{ top: `${top}px`, height: `${row.height}px` }}>{draw(row)}</div>);
    }
    top += row.height;
  }
  useLayoutEffect(() => {
    const element = box.current;
    if (revealed === null || !element) return;
    const at = element.getBoundingClientRect().top + revealed;
    const row = rows.find((each) => each.key === reveal);
    const bottom = at + (row?.height ?? 0);
    if (at < 80) scrollBy(0, at - 80);
    if (bottom > innerHeight - 20) scrollBy(0, bottom - innerHeight + 20);
  }, [reveal]);
  return <div ref={box} class="virtual" style={{ height: `${top}px` }}>{shown}</div>;
}

/** The width of an element, kept up to date. */
export function useWidth(): [(element: HTMLElement | null) => void, number] {
  const [width, setWidth] = useState(0);
  const observer = useRef<ResizeObserver | null>(null);
  const ref = useRef((element: HTMLElement | null) => {
    observer.current?.disconnect();
    if (!element) return;
    setWidth(element.clientWidth);
    observer.current = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.current.observe(element);
  });
  return [ref.current, width];
}
