import type { UserInfo } from '../access/user-info.ts'
import type { AdmissionNotes } from '../admission/admission.ts'

/** On whose behalf, and how, something is written. */
export interface WriteContext {
  readonly user: UserInfo
  readonly dryRun: boolean
  /** Field manager: asked for, or the User-Agent up to its first slash. */
  readonly manager: string
  readonly signal: AbortSignal
  /** The options of the request as its sender gave them; admission shows them to webhooks and policies. */
  readonly asked?: AskedOptions
  readonly notes?: AdmissionNotes
  /** The event loop goes round between the stages of the write. */
  readonly isHeavy?: boolean
  /** The object is larger still: its rules are asked elsewhere. */
  readonly isLarge?: boolean
  warn(text: string): void
  mark(stage: string): void
}

export interface AskedOptions {
  readonly fieldManager?: string
  readonly fieldValidation?: string
  readonly force?: boolean
  /** The request is a PATCH. */
  readonly isPatch: boolean
}
