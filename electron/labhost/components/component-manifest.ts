/** How a component is started. Built by the lab, run by the supervisor; flags carry their upstream names. */
export interface ComponentManifest {
  readonly name: string
  /** Program and leading arguments, e.g. [node, …node flags, etcd.mjs], or one upstream binary. */
  readonly program: readonly string[]
  readonly flags: Readonly<Record<string, string | number | boolean>>
  readonly environment: Readonly<Record<string, string>>
  /** Answers 200 when the component can do its work. */
  readonly health: HealthTarget
  /** What a user connects to, for display. */
  readonly address: string
  readonly logFile: string
  /** Base of the inspection API, e.g. https://127.0.0.1:10259. */
  readonly inspectionUrl: string | null
}

export interface HealthTarget {
  readonly url: string
  /** PEM file of the authority that signed the component's certificate; absent for plain HTTP. */
  readonly authorityFile?: string
}

export function renderCommand(manifest: ComponentManifest): readonly string[] {
  return [...manifest.program, ...Object.entries(manifest.flags).map(([name, value]) => `--${name}=${String(value)}`)]
}
