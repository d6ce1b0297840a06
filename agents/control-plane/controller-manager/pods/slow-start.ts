/**
 * Creates many things in batches of 1, 2, 4 …, so that a create that is refused (quota, admission) is refused once and
 * not a hundred times. Stops after the first batch with a failure.
 */
export interface SlowStartResult {
  readonly made: number
  /** Never tried. */
  readonly skipped: number
  readonly failures: readonly unknown[]
}

export async function slowStart(count: number, make: () => Promise<unknown>): Promise<SlowStartResult> {
  let made = 0
  let left = count
  for (let batch = Math.min(1, count); batch > 0; batch = Math.min(batch * 2, left)) {
    const results = await Promise.allSettled(Array.from({ length: batch }, make))
    const failures = results.filter(result => result.status === 'rejected').map(result => result.reason as unknown)
    made += batch - failures.length
    left -= batch
    if (failures.length > 0) return { made, skipped: left, failures }
  }
  return { made, skipped: 0, failures: [] }
}
