/** What the tests of machines share: the node image, specifications, and links, all under one folder that goes with the test. */
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '../../agents/base/log.ts'
import { systemClock, systemRandom } from '../../agents/runtime/system.ts'
import { homeFolder } from '../../electron/labhost/files/home-folder.ts'
import type { Provider } from '../../electron/contract/labs.ts'
import { lanMac, newMachineId } from '../../electron/labhost/machines/machine-addresses.ts'
import type { MachineSpec, NodeImage, RunningMachine } from '../../electron/labhost/machines/machine.ts'
import { generateSshKeyPair } from '../../electron/labhost/provision/ssh-keys.ts'
import { SshLink } from '../../electron/labhost/provision/ssh-link.ts'

const imagesFolder = join(homeFolder(process.env), 'images', 'node')

/** The newest node image of $KUBARIUM_HOME; null when none was built yet. */
export function findNodeImage(): NodeImage | null {
  const folders = (() => {
    try {
      return readdirSync(imagesFolder).map(name => join(imagesFolder, name))
    } catch {
      return []
    }
  })()
  const whole = folders.filter(folder => ['vmlinuz', 'initrd', 'disk.qcow2', 'manifest.json'].every(file => isThere(join(folder, file))))
  const dir = whole.sort((a, b) => statSync(join(b, 'manifest.json')).mtimeMs - statSync(join(a, 'manifest.json')).mtimeMs)[0]
  if (dir === undefined) return null
  const manifest = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')) as { hash: string; kernelArguments: string }
  const folder = (name: string) => (isThere(join(dir, name)) ? join(dir, name) : null)
  return { hash: manifest.hash, kernel: join(dir, 'vmlinuz'), initrd: join(dir, 'initrd'), disk: join(dir, 'disk.qcow2'), kernelArguments: manifest.kernelArguments, rootfs: folder('rootfs'), containerd: folder('containerd') }
}

export const imageMissing = `no node image in ${imagesFolder}; build it with: npx kubarium images build`

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

export class MachineFixture implements AsyncDisposable {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'kubarium-machines-')))
  readonly login = generateSshKeyPair('test')
  readonly clock = systemClock
  readonly log = silentLog
  readonly #image: NodeImage
  readonly #links: SshLink[] = []

  constructor(image: NodeImage) {
    this.#image = image
    writeFileSync(join(this.folder, 'id'), this.login.privateKey, { mode: 0o600 })
  }

  spec(number: number, provider: Provider): MachineSpec {
    const host = generateSshKeyPair(`node-${number}`)
    return {
      name: `node-${number}`,
      provider,
      cpus: 2,
      memoryMiB: 768,
      diskMiB: 4096,
      image: this.#image,
      lan: { address: `172.30.0.${10 + number}`, prefix: 24, mac: lanMac(number) },
      identity: { authorizedKey: this.login.publicKey, identityFile: join(this.folder, 'id'), hostKeyPrivate: host.privateKey, hostKeyPublic: host.publicKey, machineId: newMachineId() },
    }
  }

  directory(number: number): string {
    return join(this.folder, 'machines', `node-${number}`)
  }

  link(running: RunningMachine, hostKey = running.machine.spec.identity.hostKeyPublic): SshLink {
    const link = new SshLink({ name: running.name, privateKey: this.login.privateKey, hostKey, connect: signal => running.connect(signal), clock: systemClock, random: systemRandom, log: this.log })
    this.#links.push(link)
    link.start()
    return link
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#links.map(link => link.close()))
    rmSync(this.folder, { recursive: true, force: true })
  }
}
