/**
 * One SSH connection, from a byte stream to ready. Host key pinned, public key only, nothing negotiated down.
 */
import type { Duplex } from 'node:stream'
import ssh2, { type Client, type ConnectConfig } from 'ssh2'
import { ProvisionError } from './provision-error.ts'
import { fingerprint, isSameKey } from './ssh-keys.ts'

export interface SshSessionOptions {
  readonly stream: Duplex
  readonly user: string
  readonly privateKey: string
  readonly hostKey: string
  readonly readyTimeoutMs: number
  readonly keepaliveMs: number
  readonly keepaliveCount: number
}

const algorithms: ConnectConfig['algorithms'] = {
  kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org'],
  serverHostKey: ['ssh-ed25519'],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com', 'aes128-ctr'],
  compress: ['none'],
}

/** Resolves with a client that has authenticated; the stream is destroyed when it does not come to that. */
export function openSshSession(options: SshSessionOptions, signal: AbortSignal): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client()
    let mismatch: ProvisionError | undefined
    const fail = (error: Error) => {
      signal.removeEventListener('abort', onAbort)
      client.removeAllListeners()
      client.on('error', () => {})
      client.destroy()
      options.stream.destroy()
      reject(mismatch ?? error)
    }
    const onAbort = () => { fail(signal.reason as Error) }
    if (signal.aborted) {
      options.stream.destroy()
      reject(signal.reason as Error)
      return
    }
    signal.addEventListener('abort', onAbort, { once: true })
    client.on('error', (error: Error & { level?: string }) => {
      fail(error.level === 'client-authentication'
        ? new ProvisionError('AuthenticationFailed', 'the machine did not accept the lab\'s key', { cause: error })
        : error)
    })
    client.on('close', () => { fail(new Error('the connection was closed before SSH was ready')) })
    client.on('ready', () => {
      signal.removeEventListener('abort', onAbort)
      client.removeAllListeners('error')
      client.removeAllListeners('close')
      resolve(client)
    })
    client.connect({
      sock: options.stream,
      username: options.user,
      privateKey: options.privateKey,
      algorithms,
      readyTimeout: options.readyTimeoutMs,
      keepaliveInterval: options.keepaliveMs,
      keepaliveCountMax: options.keepaliveCount,
      hostVerifier: (presented: Buffer) => {
        if (isSameKey(options.hostKey, presented)) return true
        mismatch = new ProvisionError('HostKeyMismatch', `the machine presented the host key ${fingerprint(presented)}, which is not the one made for it; nothing was sent to it`)
        return false
      },
    })
  })
}
