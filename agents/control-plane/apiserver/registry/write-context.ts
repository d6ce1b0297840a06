import type { UserInfo } from '../access/user-info.ts'

/** On whose behalf, and how, something is written. */
export interface WriteContext {
  readonly user: UserInfo
  readonly dryRun: boolean
  /** Field manager: asked for, or the User-Agent up to its first slash. */
  readonly manager: string
  readonly signal: AbortSignal
  warn(text: string): void
  mark(stage: string): void
}
