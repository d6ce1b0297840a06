/**
 * Work that may be interrupted: it yields wherever it can be left for a while. Who is in no danger of taking long finishes it
 * at once; others come back to it when everybody else has had his turn. What it yields as a promise it needs kept before it
 * goes on.
 */
export type Steps<T> = Generator<Promise<void> | undefined, T, undefined>

/** For work that waits for nobody. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
    if (value !== undefined) throw new Error('work that has to wait for somebody cannot be finished at once')
  }
}

/** At once where nothing has to be waited for. */
export function finishOrWait<T>(steps: Steps<T>): T | Promise<T> {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
    if (value !== undefined) return value.then(() => finishOrWait(steps))
  }
}

/** What somebody else answers, now or later. */
export function* answerOf<T>(answer: T | Promise<T>): Steps<T> {
  if (!(answer instanceof Promise)) return answer
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined
  yield answer.then(value => { outcome = { value } }, (error: unknown) => { outcome = { error } })
  if (outcome === undefined) throw new Error('whoever does this work went on before the answer was there')
  if ('error' in outcome) throw outcome.error
  return outcome.value
}
