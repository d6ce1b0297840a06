/** Encryption at rest from the command line's flags, read again when its file changes and that is wanted. */
import type { Clock } from '../../../base/clock.ts'
import type { Log } from '../../../base/log.ts'
import type { Metrics } from '../../../machinery/metrics.ts'
import { watchFiles } from '../access/watched-file.ts'
import { readPositionedYaml } from '../config-files/positioned-yaml.ts'
import type { Storage } from '../storage/storage.ts'
import { EncryptedStorage } from './encrypted-storage.ts'
import { readEncryptionConfig } from './encryption-config.ts'

export interface EncryptionOptions {
  /** Empty: nothing is encrypted. */
  readonly configFile: string
  readonly reloads: boolean
}

export function encryptedStorage(storage: Storage, { configFile, reloads }: EncryptionOptions, { clock, log, metrics, signal }: { readonly clock: Clock; readonly log: Log; readonly metrics: Metrics; readonly signal: AbortSignal }): Storage {
  const read = () => readEncryptionConfig(readPositionedYaml(configFile))
  const encrypted = new EncryptedStorage(storage, configFile === '' ? undefined : read())
  if (configFile === '' || !reloads) return encrypted
  const reloaded = metrics.counter({ name: 'apiserver_encryption_config_controller_automatic_reloads_total', help: 'Total number of reload successes and failures of encryption configuration split by apiserver identity.', labels: ['status'] })
  watchFiles([configFile], () => {
    try {
      encrypted.use(read())
      reloaded.add(1, { status: 'success' })
    } catch (error) {
      reloaded.add(1, { status: 'failure' })
      throw error
    }
  }, { clock, log, signal })
  return encrypted
}
