/** What can be done to a component of a running lab. Component names are those of ComponentState. */

type ComponentArguments = { readonly lab: string; readonly component: string }
type None = Readonly<Record<string, never>>

export interface ComponentCalls {
  /** SIGKILL; the supervisor starts it again. */
  'components/kill': { arguments: ComponentArguments; reply: None }
  'components/pause': { arguments: ComponentArguments; reply: None }
  'components/resume': { arguments: ComponentArguments; reply: None }
  /** SIGTERM, then started again. */
  'components/restart': { arguments: ComponentArguments; reply: None }
  /** What the component's inspection API answers; without a subject, the list of its subjects. */
  'components/inspect': { arguments: { readonly lab: string; readonly component: string; readonly subject: string | null }; reply: unknown }
}
