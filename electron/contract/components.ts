/** What can be done to a component of a running lab. Component names are those of ComponentState. */
import type { ComponentProgram } from './labs.ts'

type ComponentArguments = { readonly lab: string; readonly component: string }
type None = Readonly<Record<string, never>>

/** What was found of a program that is to take a component's place; `detail` is the path, the type of file, its mode, or what it says of itself. */
export interface SwapCheck {
  readonly check: 'absolute' | 'file' | 'executable' | 'version'
  readonly ok: boolean
  readonly detail: string
}

export interface ComponentCalls {
  /** SIGKILL; the supervisor starts it again. */
  'components/kill': { arguments: ComponentArguments; reply: None }
  'components/pause': { arguments: ComponentArguments; reply: None }
  'components/resume': { arguments: ComponentArguments; reply: None }
  /** SIGTERM, then started again. */
  'components/restart': { arguments: ComponentArguments; reply: None }
  /**
   * Another program in the component's place, or (null) our own again, from now on. Resolves when it is ready; one that does not become
   * ready is taken out again, and the error tells what it said last.
   */
  'components/swap': { arguments: ComponentArguments & { readonly program: ComponentProgram | null }; reply: None }
  /** Looks at a program as a swap would, and asks it for its version; nothing is changed. */
  'components/swap-check': { arguments: ComponentArguments & { readonly binary: string }; reply: { readonly checks: readonly SwapCheck[] } }
  /** What the component's inspection API answers; without a subject, the list of its subjects. */
  'components/inspect': { arguments: { readonly lab: string; readonly component: string; readonly subject: string | null }; reply: unknown }
}
