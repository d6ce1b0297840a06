/**
 * The kubelet as its own process, between the real API server and a real containerd, driven by kubectl.
 * Pods are bound by name; there is no scheduler and no controller manager here.
 */
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startControlPlane, type ControlPlane } from './control-plane.ts'
import { startKubelet, type RunningKubelet } from './kubelet-process.ts'
import { findKubectls, kubectlWith, type Kubectl } from './kubectl.ts'
import { containerdProblem, mountsBelow, startPrivateContainerd, until, type PrivateContainerd } from './private-containerd.ts'

const programs = findKubectls()
const newest = programs.at(-1)
const reason = containerdProblem() ?? (newest === undefined ? 'needs kubectl' : undefined)
const node = join(import.meta.dirname, '../../node_modules/.bin/node')

describe.skipIf(reason !== undefined)(`kubelet${reason === undefined ? '' : ` (${reason})`}`, () => {
  let plane: ControlPlane
  let containerd: PrivateContainerd
  let kubelet: RunningKubelet
  let kubectl: Kubectl

  const json = async (line: string) => JSON.parse((await kubectl(`${line} -o json`)).stdout) as { status: { phase: string; podIP: string; containerStatuses: { containerID: string; restartCount: number; ready: boolean; state: Record<string, { reason?: string }> }[]; conditions: { type: string; status: string }[] } }
  const apply = async (object: object) => {
    const result = await kubectl('apply --validate=false -f -', { stdin: JSON.stringify(object) })
    expect(result.stderr).toBe('')
  }
  const pod = (name: string, container: object, spec: object = {}) => ({
    apiVersion: 'v1', kind: 'Pod', metadata: { name },
    spec: { nodeName: 'node-1', terminationGracePeriodSeconds: 1, automountServiceAccountToken: false, containers: [{ name: 'main', image: 'busybox', imagePullPolicy: 'IfNotPresent', ...container }], ...spec },
  })
  const phase = async (name: string) => (await json(`get pod ${name}`)).status.phase

  beforeAll(async () => {
    if (reason !== undefined) return
    plane = await startControlPlane()
    containerd = await startPrivateContainerd(20_410, '10.99.87.0/24')
    kubelet = await startKubelet(plane, containerd, 20_250)
    kubectl = kubectlWith(newest!, plane.kubeconfig)
    await kubectl('create serviceaccount default')
    await until(async () => (await kubectl('get serviceaccount default')).code === 0)
  })

  afterAll(async () => {
    if (reason !== undefined) return
    await kubelet[Symbol.asyncDispose]()
    await containerd[Symbol.asyncDispose]()
    await plane.stop()
  })

  test('registers its node, Ready, with the runtime named', async () => {
    await until(async () => (await json('get node node-1')).status.conditions.some(entry => entry.type === 'Ready' && entry.status === 'True'))
    expect((await kubectl('get nodes -o wide')).stdout).toMatch(/node-1 +Ready .* v1\.36\.0 +127\.0\.0\.1 .* containerd:\/\//)
    expect((await kubectl('get lease node-1 -n kube-node-lease')).code).toBe(0)
  })

  test('runs a pod; logs, exec, cp and port-forward work with every kubectl', async () => {
    await apply(pod('web', { command: ['sh', '-c', 'mkdir /www; echo hello > /www/index.html; echo started; exec httpd -f -p 8080 -h /www'], readinessProbe: { httpGet: { port: 8080, path: '/' }, periodSeconds: 1 } }))
    await until(async () => (await json('get pod web')).status.containerStatuses?.[0]?.ready === true)
    expect((await json('get pod web')).status.podIP).toMatch(/^10\.99\.87\./)
    const data = randomBytes(3_000_000)
    const file = join(containerd.folder, 'data.bin')
    writeFileSync(file, data)
    for (const program of programs) {
      const run = kubectlWith(program, plane.kubeconfig)
      expect((await run('logs web')).stdout, program.version).toBe('started\n')
      expect(await run("exec web -- sh -c 'echo out; echo err >&2; exit 7'"), program.version).toMatchObject({ code: 7, stdout: 'out\n', stderr: expect.stringContaining('err\n') as string })
      expect(await run('exec -i web -- cat', { stdin: 'through' }), program.version).toMatchObject({ code: 0, stdout: 'through' })
      const copied = await run(`cp ${file} web:/tmp/data`)
      expect(copied.code, `${program.version} ${copied.stderr}`).toBe(0)
      expect((await run('exec web -- sha256sum /tmp/data')).stdout, program.version).toContain(createHash('sha256').update(data).digest('hex'))
      const back = `${file}.${program.version}`
      await run(`cp web:/tmp/data ${back}`)
      expect(readFileSync(back).equals(data), program.version).toBe(true)
      await portForwarded(program.path)
    }
  })

  async function portForwarded(program: string): Promise<void> {
    const forward = spawn(program, ['port-forward', 'pod/web', ':8080'], { env: { ...process.env, KUBECONFIG: plane.kubeconfig } })
    try {
      const line = await new Promise<string>((resolve, reject) => {
        forward.stdout.on('data', (text: Buffer) => { resolve(text.toString()) })
        forward.stderr.on('data', (text: Buffer) => { reject(new Error(text.toString())) })
      })
      const local = /127\.0\.0\.1:(\d+)/.exec(line)?.[1]
      const answers = await Promise.all(Array.from({ length: 5 }, async () => (await fetch(`http://127.0.0.1:${local}/`)).text()))
      expect(answers, program).toEqual(Array.from({ length: 5 }, () => 'hello\n'))
    } finally {
      forward.kill()
    }
  }

  test('follows logs to the end of the container', async () => {
    await apply(pod('counter', { command: ['sh', '-c', 'for i in 1 2 3; do echo $i; sleep 0.3; done'] }, { restartPolicy: 'Never' }))
    await until(async () => (await kubectl('logs counter')).code === 0)
    expect((await kubectl('logs -f counter')).stdout).toBe('1\n2\n3\n')
    await until(async () => (await phase('counter')) === 'Succeeded')
  })

  test('a claim is the folder of the volume behind it, given to fsGroup; one that is not bound yet is waited for', async () => {
    const folder = join(containerd.folder, 'volume')
    mkdirSync(folder)
    const claimed = pod('claimed', { command: ['sh', '-c', 'echo kept > /data/file; ls -ldn /data; if touch /ro/x; then echo writable; fi'], volumeMounts: [{ name: 'data', mountPath: '/data' }, { name: 'same', mountPath: '/ro' }] }, { restartPolicy: 'Never', securityContext: { fsGroup: 2_345 }, volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }, { name: 'same', persistentVolumeClaim: { claimName: 'data', readOnly: true } }] })
    await apply({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], storageClassName: '', volumeName: 'disk', resources: { requests: { storage: '1Gi' } } } })
    await apply(claimed)
    await until(async () => (await kubectl('get events --field-selector reason=FailedMount,involvedObject.name=claimed')).stdout.includes('error processing PVC default/data: PVC is not bound'))
    const { uid } = ((await json('get pvc data')) as unknown as { metadata: { uid: string } }).metadata
    await apply({ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'disk' }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], local: { path: folder }, claimRef: { namespace: 'default', name: 'data', uid }, nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['node-1'] }] }] } } } })
    await kubectl(`patch pvc data --subresource=status --type=merge -p '{"status":{"phase":"Bound"}}'`)
    await until(async () => (await phase('claimed')) === 'Succeeded')
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('kept\n')
    const { stdout } = await kubectl('logs claimed')
    expect(stdout).toMatch(/^drwxrw[sS]\S* +\d+ +0 +2345 /m)
    expect(stdout).not.toContain('writable')
  })

  test('a killed process is restarted once; a kubelet restart restarts nothing', async () => {
    const before = (await json('get pod web')).status.containerStatuses[0]!
    containerd.ctr('tasks', 'kill', '-s', 'KILL', before.containerID.replace('containerd://', ''))
    await until(async () => {
      const now = (await json('get pod web')).status.containerStatuses[0]!
      return now.restartCount === before.restartCount + 1 && now.ready
    })
    const running = (await json('get pod web')).status.containerStatuses[0]!.containerID
    await kubelet[Symbol.asyncDispose]()
    kubelet = await startKubelet(plane, containerd, 20_250)
    await until(() => kubelet.log().includes('pods of this node are known'))
    await new Promise(resolve => setTimeout(resolve, 1_500))
    expect((await json('get pod web')).status.containerStatuses[0]).toMatchObject({ containerID: running, restartCount: before.restartCount + 1, ready: true })
  })

  test('volumes from the API server are there', async () => {
    await kubectl('create configmap settings --from-literal=color=red')
    await kubectl('create secret generic keys --from-literal=pw=s3cret')
    await apply(pod('volumes', {
      command: ['sh', '-c', 'cat /all/color /all/pw /all/name; echo; sleep 1000'],
      volumeMounts: [{ name: 'all', mountPath: '/all' }],
    }, { volumes: [{ name: 'all', projected: { sources: [{ configMap: { name: 'settings' } }, { secret: { name: 'keys' } }, { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } }] } }] }))
    await until(async () => (await kubectl('logs volumes')).stdout === 'reds3cretvolumes\n')
  })

  test('a service account token reaches the pod and names it', async () => {
    await kubectl('create configmap kube-root-ca.crt --from-literal=ca.crt=x')
    await apply({ ...pod('token', { command: ['sh', '-c', 'cat /var/run/secrets/kubernetes.io/serviceaccount/token; echo; sleep 1000'] }, { automountServiceAccountToken: true }) })
    await until(async () => (await kubectl('logs token')).stdout.split('.').length === 3)
    const claims = JSON.parse(Buffer.from((await kubectl('logs token')).stdout.split('.')[1]!, 'base64url').toString()) as { 'kubernetes.io': { pod: { name: string } } }
    expect(claims['kubernetes.io'].pod.name).toBe('token')
  })

  test('what cannot start says why', async () => {
    await apply(pod('absent', { image: 'absent:1', imagePullPolicy: 'Never' }))
    await apply(pod('crash', { command: ['false'] }))
    await until(async () => (await json('get pod absent')).status.containerStatuses?.[0]?.state['waiting']?.reason === 'ErrImageNeverPull')
    await until(async () => (await json('get pod crash')).status.containerStatuses?.[0]?.state['waiting']?.reason === 'CrashLoopBackOff')
    expect((await kubectl('describe pod crash')).stdout).toMatch(/BackOff .*Back-off restarting failed container main/)
  })

  test('a static pod runs and shows itself', async () => {
    writeFileSync(join(containerd.folder, 'kubelet/manifests/side.json'), JSON.stringify(pod('side', { command: ['sleep', '1000'] }, { hostNetwork: true })))
    await until(async () => (await kubectl('get pod side-node-1')).stdout.includes('Running'))
  })

  test('deleted pods go, and leave nothing behind', async () => {
    await kubectl('delete pods --all --wait=false')
    await until(async () => (await kubectl('get pods -o name')).stdout.trim().split('\n').every(name => name === '' || name === 'pod/side-node-1'))
    await until(() => readdirSync(join(containerd.folder, 'kubelet/root/pods')).length <= 1)
    await until(() => mountsBelow(join(containerd.folder, 'kubelet')).length === 0)
    await until(() => containerd.ctr('containers', 'ls', '-q').trim().split('\n').length <= 2)
  })

  test('bad flags end with one line and status 2', async () => {
    const child = spawn(node, ['agents/node/kubelet/edge/main.ts', '--kubeconfig=/x', '--no-such-flag=1'])
    let text = ''
    child.stderr.on('data', (part: Buffer) => { text += part.toString() })
    expect(await new Promise(resolve => child.once('exit', resolve))).toBe(2)
    expect(text.trim().split('\n')).toHaveLength(1)
  })
})
