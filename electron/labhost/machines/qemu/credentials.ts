/**
 * A machine's identity as systemd credentials in SMBIOS type 11 strings: read by the guest at every boot, stored in no
 * image. They reach QEMU through files, because its command line can be read by every user of the desktop.
 */
import type { MachineSpec } from '../machine.ts'

export interface Credential {
  /** File name in the machine's directory. */
  readonly file: string
  readonly text: string
}

export function credentialsOf(spec: MachineSpec): readonly Credential[] {
  return [
    { file: 'credential.authorized-key', text: binary('ssh.authorized_keys.root', `${spec.identity.authorizedKey}\n`) },
    { file: 'credential.host-key', text: binary('kubarium.host_key', spec.identity.hostKeyPrivate) },
    { file: 'credential.lan', text: `io.systemd.credential:kubarium.lan=${spec.lan.address}/${spec.lan.prefix}` },
  ]
}

function binary(name: string, content: string): string {
  return `io.systemd.credential.binary:${name}=${Buffer.from(content).toString('base64')}`
}
