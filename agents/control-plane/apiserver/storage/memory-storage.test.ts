import { systemClock } from '../../../runtime/index.ts'
import { MemoryStorage } from './memory-storage.ts'
import { storageContract } from './storage.contract.ts'

storageContract('MemoryStorage', async () => ({ storage: new MemoryStorage(systemClock), end: async () => {} }))
