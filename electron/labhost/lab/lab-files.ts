/**
 * Every file, folder, socket and limit of the lab host, in one place.
 *
 *   $KUBARIUM_HOME/                       default: the platform's data folder
 *     host/host.json                      {pid, startTicks, port, version, startedAt} of the running lab host
 *     host/token                          secret of this run, read by the CLI; nobody else may
 *     host/lock                           pid and start time of the one lab host that may own this home
 *     host/host.log                       its log
 *     host/compile-cache/                 V8 code cache of the components
 *     images/node/<hash>/                 kernel, initrd, disk and root file system of a worker, by content
 *     images/containers/, images/blobs/   container images and what the registry serves
 *     templates/                          RAM templates of ready workers
 *     labs/<lab>/lab.json                 desired: the lab's specification and whether it should run
 *     labs/<lab>/state.json               observed and remembered: ports, node numbers, process ids
 *     labs/<lab>/cloud.json               load balancers and routes asked of the lab's cloud
 *     labs/<lab>/faults.json              faults that are in effect, and the last that were
 *     labs/<lab>/drills.json              the drill that runs, and the last that did
 *     labs/<lab>/kubeconfig               the administrator's
 *     labs/<lab>/shell-history            what was typed into its kubectl shells
 *     labs/<lab>/pki/                     lab CA and every certificate; all files 0600
 *     labs/<lab>/run/                     sockets and generated configuration
 *     labs/<lab>/logs/<component>.log     one a component, rotated to .1
 *     labs/<lab>/etcd/                    the store's data
 *     labs/<lab>/volumes/<id>.img         block volumes, sparse
 *     labs/<lab>/checkpoints/             see checkpoints/checkpoint-files.ts
 *     golden/<key>/                       checkpoints of fresh labs, for new ones like them
 *     labs/<lab>/machines/<node>/         disk, keys, sockets and console of a machine
 *
 *   LF1  Every folder is 0700 and every file 0600: they hold keys, logs and memory of the lab.
 *   LF2  A lab's processes, sockets and files live under its own folder, so deleting the folder after ending the
 *        processes leaves nothing behind.
 *   LF3  A unix socket's path has at most 107 bytes; a home that is too deep is refused with that reason.
 */
import { join } from 'node:path'

export const limits = {
  /** Bytes of a component's log before it is rotated; one older generation is kept. */
  logBytes: 16 * 1024 * 1024,
  /** Longest path of a unix socket (sun_path minus its end). */
  socketPathBytes: 107,
  labNameLength: 32,
  nodeNameLength: 40,
  /** Machines of a lab. */
  nodes: 200,
  /** Nodes of a lab that are only played. */
  simulatedNodes: 5_000,
  /** How long a component may take to end after SIGTERM before SIGKILL. */
  stopGraceMs: 5_000,
  /** How long a component may be unready after start before the start is reported as failed. */
  componentReadyMs: 60_000,
  /** A page's one-time opening address. */
  ticketMs: 10 * 60_000,
  /** Largest frame a client may send. */
  frameBytes: 4 * 1024 * 1024,
} as const

export const portPreferences = {
  /** The default lab's API server, if it is free; every other port is chosen free. */
  apiServer: 6443,
} as const

export interface HomeFiles {
  readonly home: string
  readonly hostDir: string
  readonly hostJson: string
  readonly token: string
  readonly lock: string
  readonly hostLog: string
  readonly compileCache: string
  readonly imagesDir: string
  readonly templatesDir: string
  readonly goldenDir: string
  readonly labsDir: string
}

export function homeFiles(home: string): HomeFiles {
  const hostDir = join(home, 'host')
  return {
    home,
    hostDir,
    hostJson: join(hostDir, 'host.json'),
    token: join(hostDir, 'token'),
    lock: join(hostDir, 'lock'),
    hostLog: join(hostDir, 'host.log'),
    compileCache: join(hostDir, 'compile-cache'),
    imagesDir: join(home, 'images'),
    templatesDir: join(home, 'templates'),
    goldenDir: join(home, 'golden'),
    labsDir: join(home, 'labs'),
  }
}

export interface LabFiles {
  readonly dir: string
  readonly lab: string
  readonly labJson: string
  readonly stateJson: string
  readonly kubeconfig: string
  readonly shellHistory: string
  readonly pkiDir: string
  readonly runDir: string
  readonly logsDir: string
  readonly etcdDir: string
  readonly machinesDir: string
  /** HTTP CONNECT proxy the API server dials nodes through. */
  readonly egressSocket: string
  readonly egressConfig: string
  /** Where programs in the place of ours export their spans. */
  readonly tracesSocket: string
  readonly tracingConfig: string
  /** What the API server keeps of requests. */
  readonly auditPolicy: string
  /** The lab's cloud, for the cloud controller manager. */
  readonly cloudSocket: string
  readonly cloudConfig: string
  readonly cloudJson: string
  readonly faultsJson: string
  readonly drillsJson: string
  /** What the user has set on links. */
  readonly linksJson: string
  readonly faultToken: string
  /** Raw image of a block volume. */
  readonly volume: (id: string) => string
  readonly volumesDir: string
  readonly checkpointsDir: string
  readonly componentsJson: string
  /** What the process reads that plays simulated nodes. */
  readonly simulatedNodesJson: string
  readonly pki: (file: string) => string
  readonly run: (file: string) => string
  readonly log: (component: string) => string
  readonly machine: (node: string) => string
}

export function labFiles(home: HomeFiles, lab: string): LabFiles {
  const dir = join(home.labsDir, lab)
  const pkiDir = join(dir, 'pki')
  const runDir = join(dir, 'run')
  const logsDir = join(dir, 'logs')
  const machinesDir = join(dir, 'machines')
  const volumesDir = join(dir, 'volumes')
  return {
    dir,
    lab,
    labJson: join(dir, 'lab.json'),
    stateJson: join(dir, 'state.json'),
    kubeconfig: join(dir, 'kubeconfig'),
    shellHistory: join(dir, 'shell-history'),
    pkiDir,
    runDir,
    logsDir,
    etcdDir: join(dir, 'etcd'),
    machinesDir,
    egressSocket: join(runDir, 'egress.sock'),
    egressConfig: join(runDir, 'egress-selector.json'),
    auditPolicy: join(runDir, 'audit-policy.json'),
    tracesSocket: join(runDir, 'traces.sock'),
    tracingConfig: join(runDir, 'tracing.json'),
    cloudSocket: join(runDir, 'cloud.sock'),
    cloudConfig: join(runDir, 'cloud-config.json'),
    cloudJson: join(dir, 'cloud.json'),
    faultsJson: join(dir, 'faults.json'),
    drillsJson: join(dir, 'drills.json'),
    linksJson: join(dir, 'links.json'),
    faultToken: join(pkiDir, 'fault-token'),
    volumesDir,
    checkpointsDir: join(dir, 'checkpoints'),
    volume: id => join(volumesDir, `${id}.img`),
    componentsJson: join(runDir, 'components.json'),
    simulatedNodesJson: join(runDir, 'simulated-nodes.json'),
    pki: file => join(pkiDir, file),
    run: file => join(runDir, file),
    log: component => join(logsDir, `${component}.log`),
    machine: node => join(machinesDir, node),
  }
}

/** LF3. The longest socket of a lab is the one in a machine's folder; 24 bytes are kept for its name. */
export function socketPathProblem(home: HomeFiles, lab: string, longestNode: string): string | undefined {
  const longest = Buffer.byteLength(join(labFiles(home, lab).machinesDir, longestNode)) + 24
  if (longest <= limits.socketPathBytes) return undefined
  return `the folder ${home.home} is too deep: sockets of lab "${lab}" would have paths of ${longest} bytes and the system allows ${limits.socketPathBytes}. Set KUBARIUM_HOME to a shorter path`
}
