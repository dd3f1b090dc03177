// What a view asks for beside the stream: fetched when it opens and whenever `key` changes, kept
// while it is fetched again, and given up when the view closes.
import { useEffect, useState } from "preact/hooks";
import { get, Problem } from "../api/http.ts";

export interface Fetched<T> {
  value: T | null;
  problem: Problem | null;
}

export function useFetched<T>(path: string, key: string): Fetched<T> {
  const [is, set] = useState<Fetched<T> & { path: string }>({ value: null, problem: null, path });
  useEffect(() => {
    const abort = new AbortController();
    get<T>(path, abort.signal).then(
      (value) => set({ value, problem: null, path }),
      (fault: unknown) => {
        if (fault instanceof Problem) set((was) => ({ value: was.path === path ? was.value : null, problem: fault, path }));
      },
    );
    return () => abort.abort();
  }, [path, key]);
  return is.path === path ? is : { value: null, problem: null };
}
