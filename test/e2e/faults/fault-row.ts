/** How one fault is tried on a lab. */
export interface FaultRow {
  readonly set?: Readonly<Record<string, string | number>>
  /** Runs before; what it gives is handed on. */
  readonly before?: () => Promise<unknown>
  /** What the fault is aimed at, where it is made only now. */
  readonly aim?: () => Promise<string>
  /** Its effect, seen from outside. */
  readonly shows: (before: never, target: string) => Promise<boolean>
  /** That nothing of it is left; asked again until it holds. */
  readonly heals: (before: never, target: string) => Promise<boolean>
  /** Once all is over. */
  readonly after?: () => Promise<unknown>
}

export type FaultRows = Readonly<Record<string, readonly [target: string, row: FaultRow]>>
