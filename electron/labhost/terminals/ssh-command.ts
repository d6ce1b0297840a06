import type { SshTarget } from '../../contract/labs.ts'

/** The ssh program's arguments for a node; shared by the terminal and the command line. The host key is pinned. */
export function sshCommand(target: SshTarget, options: readonly string[] = []): readonly string[] {
  const settings: Readonly<Record<string, string>> = {
    IdentityFile: target.identityFile,
    IdentitiesOnly: 'yes',
    UserKnownHostsFile: target.knownHostsFile,
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: 'yes',
    PasswordAuthentication: 'no',
    LogLevel: 'ERROR',
    ...(target.proxyCommand === null ? {} : { ProxyCommand: target.proxyCommand.map(quoted).join(' ') }),
  }
  return [
    'ssh', '-F', '/dev/null',
    ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    ...(target.port === null ? [] : ['-p', String(target.port)]),
    ...options,
    `${target.user}@${target.host}`,
  ]
}

/** ssh gives the ProxyCommand to a shell and expands % itself. */
function quoted(word: string): string {
  const safe = word.replaceAll('%', '%%')
  return /^[\w@%+=:,./-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", `'\\''`)}'`
}
