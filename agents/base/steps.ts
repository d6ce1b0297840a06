/**
 * Work that may be interrupted: it yields wherever it can be left for a while. Who is in no danger of taking long finishes it
 * at once; others come back to it when everybody else has had his turn.
 */
export type Steps<T> = Generator<undefined, T, undefined>

export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}
