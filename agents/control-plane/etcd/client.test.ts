import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { describeEtcdClient } from '../../wire/etcd/client.contract.ts'
import { MemoryLog } from './log/memory-log.ts'
import { SqliteLog } from './log/sqlite-log.ts'
import { findProgram, startEmbedded, startRealEtcd } from './testing/engines.ts'

describeEtcdClient('the embedded store in memory', () => startEmbedded(new MemoryLog()))

describeEtcdClient('the embedded store on disk', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-etcd-'))
  const engine = await startEmbedded(new SqliteLog(join(folder, 'test.db')))
  return {
    client: engine.client,
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true })
    },
  }
})

const program = findProgram('etcd')
if (program === undefined) describe('etcd client against real etcd', () => { it.skip('the etcd program is not installed', () => {}) })
else describeEtcdClient('real etcd', () => startRealEtcd(program))
