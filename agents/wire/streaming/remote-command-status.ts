/** How a remote command ended, as the metav1.Status that travels on the error stream. */
export interface RemoteCommandStatus {
  readonly metadata: Record<string, never>
  readonly status: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: string
  readonly details?: { readonly causes: readonly { readonly reason: string; readonly message: string }[] }
  readonly code?: number
}

export const commandSucceeded: RemoteCommandStatus = { metadata: {}, status: 'Success' }

export function commandExited(exitCode: number): RemoteCommandStatus {
  if (exitCode === 0) return commandSucceeded
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  }
}

export function commandFailed(message: string): RemoteCommandStatus {
  return { metadata: {}, status: 'Failure', message, reason: 'InternalError', details: { causes: [{ reason: '', message }] }, code: 500 }
}

/** Reads a Status; text of another form is a failure with that text. */
export function readCommandStatus(text: string): RemoteCommandStatus {
  if (text === '') return commandSucceeded
  try {
    const value = JSON.parse(text) as Partial<RemoteCommandStatus> | null
    if (value?.status === 'Success' || value?.status === 'Failure') return { ...value, metadata: {}, status: value.status }
  } catch {
    // Not JSON: an older peer's plain text.
  }
  return commandFailed(text)
}
