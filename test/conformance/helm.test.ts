/**
 * Helm installs, changes, takes back and removes a chart that has something of everything, as every Helm that is found on
 * this machine does it (PATH). Controllers are ours; kubelets are played, an image named "done" ends at once.
 *
 *   HL1  What a release is made of is in Secrets of the type helm.sh/release.v1, one a revision.
 *   HL2  An upgrade keeps what others have set: by a three-way merge in the client, or by server-side apply.
 *   HL3  A conflict of server-side apply stops the upgrade and names manager and field.
 */
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rawApi } from '../integration/raw-api.ts'
import type { RawApi } from '../integration/raw-api.ts'
import { findHelms, helmWith } from './helm.ts'
import type { Helm } from './helm.ts'
import { openStage } from './stage.ts'
import type { Stage } from './stage.ts'

const chart = join(import.meta.dirname, 'chart')
const helms = findHelms()
const merge = { 'content-type': 'application/merge-patch+json' }

describe.skipIf(helms.length > 0)('no Helm on this machine', () => {
  test.skip('put helm into PATH to run the tests of Helm', () => {})
})

describe.skipIf(helms.length === 0)('Helm', () => {
  let stage: Stage
  let api: RawApi

  beforeAll(async () => {
    stage = await openStage('controllers')
    api = rawApi(stage.plane)
  })

  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]()
  })

  describe.each(helms)('$major', ({ major, path }) => {
    const namespace = `helm-${major}`
    let helm: Helm
    const core = (resource: string, name: string) => api.call('GET', `/api/v1/namespaces/${namespace}/${resource}/${name}`)
    const deployment = `/apis/apps/v1/namespaces/${namespace}/deployments/web`
    const waiting = ['--wait', '--timeout', '120s']
    const managersOf = (answer: { json: { metadata: { managedFields: { manager: string; operation: string }[] } } }) => answer.json.metadata.managedFields.map(({ manager, operation }) => `${manager} ${operation}`)

    async function well(...words: readonly string[]): Promise<string> {
      const { code, stdout, stderr } = await helm(...words)
      expect({ words: words.join(' '), code, stderr: code === 0 ? '' : stderr }).toEqual({ words: words.join(' '), code: 0, stderr: '' })
      return stdout
    }

    beforeAll(async () => {
      const { kubeconfig } = await stage.enter(namespace)
      helm = helmWith({ major, path }, kubeconfig)
      await api.call('POST', `/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name: 'given' }, data: { colour: 'blue' } })
    })

    test('lint and template need no server, and mind the version that the chart asks for', async () => {
      expect(await well('lint', chart)).toContain('0 chart(s) failed')
      expect(await well('template', 'web', chart, '--kube-version', '1.36.0')).toContain('looked-up: "nothing"')
      const old = await helm('template', 'web', chart, '--kube-version', '1.35.0')
      expect([old.code, old.stderr]).toEqual([1, expect.stringContaining('chart requires kubeVersion: >=1.36.0-0 <1.37.0-0 which is incompatible with Kubernetes v1.35.0')])
    })

    test('HL1 install waits until all is ready, runs the hook first, and keeps the release in a Secret', async () => {
      expect(await well('install', 'web', chart, ...waiting)).toContain('web says hello.')
      const made = await api.call('GET', deployment)
      expect([made.json.status.readyReplicas, made.json.metadata.annotations['meta.helm.sh/release-name']]).toEqual([1, 'web'])
      expect((await core('configmaps', 'web')).json.data).toMatchObject({ greeting: 'hello', 'looked-up': 'blue' })
      expect((await api.call('GET', `/apis/chart.example.com/v1/namespaces/${namespace}/greetings/web`)).json.spec).toEqual({ text: 'hello', loud: false })
      expect((await api.call('GET', `/apis/batch/v1/namespaces/${namespace}/jobs/web-prepare`)).json.status.succeeded).toBe(1)
      const release = (await core('secrets', 'sh.helm.release.v1.web.v1')).json
      expect([release.type, release.metadata.labels]).toEqual(['helm.sh/release.v1', expect.objectContaining({ owner: 'helm', name: 'web', status: 'deployed', version: '1' })])
      const stored = JSON.parse(gunzipSync(Buffer.from(Buffer.from(release.data.release, 'base64').toString(), 'base64')).toString()) as { name: string; info: { status: string } }
      expect([stored.name, stored.info.status]).toEqual(['web', 'deployed'])
      expect(managersOf(made)).toContain(major === 3 ? 'helm Update' : 'helm Apply')
    })

    test('a dry run on the server looks things up, knows what is served, and leaves nothing', async () => {
      const dry = await well('install', 'other', chart, '--dry-run=server', '--skip-crds', '--set', 'greeting=hi')
      expect(dry).toContain('looked-up: "blue"')
      expect(dry).toMatch(/server: "v1\.36\.\d+\+kubarium/)
      expect(dry).toContain('policies: "true"')
      expect((await core('configmaps', 'other')).status).toBe(404)
    })

    test('HL2 an upgrade changes what changed and keeps what others set', async () => {
      await api.call('PATCH', deployment, { metadata: { annotations: { 'example.com/by-hand': 'yes' } }, spec: { template: { spec: { terminationGracePeriodSeconds: 7 } } } }, merge)
      expect(await well('upgrade', 'web', chart, '--set', 'replicas=2,greeting=howdy', ...waiting)).toContain('REVISION: 2')
      const changed = (await api.call('GET', deployment)).json
      expect([changed.spec.replicas, changed.status.readyReplicas, changed.spec.template.spec.terminationGracePeriodSeconds, changed.metadata.annotations['example.com/by-hand']]).toEqual([2, 2, 7, 'yes'])
      expect((await core('secrets', 'web')).json.data.password).toBe(Buffer.from(Buffer.from('howdy').toString('base64')).toString('base64'))
    })

    test('history, status, get and list tell of it', async () => {
      expect(JSON.parse(await well('history', 'web', '-o', 'json'))).toMatchObject([{ revision: 1, status: 'superseded' }, { revision: 2, status: 'deployed', description: 'Upgrade complete' }])
      expect(JSON.parse(await well('status', 'web', '-o', 'json'))).toMatchObject({ name: 'web', version: 2, info: { status: 'deployed' } })
      expect(await well('get', 'values', 'web')).toContain('greeting: howdy')
      expect(await well('get', 'manifest', 'web')).toContain('kind: Greeting')
      expect(await well('get', 'hooks', 'web')).toContain('name: web-prepare')
      expect(await well('get', 'notes', 'web')).toContain('web says howdy.')
      expect(await well('get', 'all', 'web')).toContain('REVISION: 2')
      expect(JSON.parse(await well('list', '-o', 'json'))).toMatchObject([{ name: 'web', namespace, revision: '2', status: 'deployed', chart: 'greeter-0.1.0' }])
      expect(await well('list', '--all-namespaces', '--filter', '^we', '--selector', 'owner=helm', '--short')).toBe('web\n')
    })

    test('the test pod of the chart succeeds', async () => {
      expect(await well('test', 'web', '--timeout', '120s')).toMatch(/TEST SUITE: +web-answers[^]*Phase: +Succeeded/)
    })

    test('a rollback brings the values of the first revision back', async () => {
      expect(await well('rollback', 'web', '1', ...waiting)).toContain('Rollback was a success')
      expect((await api.call('GET', deployment)).json.spec.replicas).toBe(1)
      expect((await core('configmaps', 'web')).json.data.greeting).toBe('hello')
      expect(JSON.parse(await well('history', 'web', '-o', 'json')).at(-1)).toMatchObject({ revision: 3, status: 'deployed', description: 'Rollback to 1' })
    })

    test('an upgrade that never gets ready fails in time and is taken back', async () => {
      const failed = await helm('upgrade', 'web', chart, '--set', 'image=broken', '--timeout', '6s', ...(major === 3 ? ['--atomic'] : ['--rollback-on-failure']))
      expect([failed.code, failed.stderr]).toEqual([1, expect.stringMatching(/rolled back|rollback/i)])
      expect((await api.call('GET', deployment)).json.spec.template.spec.containers[0].image).toBe('greeter:1')
    })

    test('objects of others are not taken over unasked', async () => {
      await api.call('POST', `/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name: 'mine' }, data: {} })
      const refused = await helm('install', 'mine', chart, '--skip-crds')
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/ConfigMap "mine" in namespace "helm-\d" exists and cannot be imported into the current release: invalid ownership metadata/)])
      await helm('uninstall', 'mine')
    })

    test('what the server refuses is told with the words of the server', async () => {
      const refused = await helm('upgrade', 'web', chart, '--set', 'greeting=')
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('Greeting.chart.example.com "web" is invalid: spec.text: Invalid value: "": spec.text in body should be at least 1 chars long')])
    })

    test.runIf(major >= 4)('HL3 a field that another applier owns is a conflict, unless it is forced', async () => {
      const applied = await api.call('PATCH', `/api/v1/namespaces/${namespace}/configmaps/web?fieldManager=somebody&force=true`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web' }, data: { greeting: 'mine' } }, { 'content-type': 'application/apply-patch+yaml' })
      expect(applied.status).toBe(200)
      const refused = await helm('upgrade', 'web', chart, '--set', 'greeting=again')
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('conflict occurred while applying object helm-4/web /v1, Kind=ConfigMap: Apply failed with 1 conflict: conflict with "somebody": .data.greeting')])
      await well('upgrade', 'web', chart, '--set', 'greeting=again', '--force-conflicts')
      expect((await core('configmaps', 'web')).json.data.greeting).toBe('again')
    })

    test('uninstall removes everything but the definition and what it did not make', async () => {
      expect(await well('uninstall', 'web', ...waiting)).toContain('release "web" uninstalled')
      for (const resource of ['configmaps', 'secrets', 'services']) expect((await core(resource, 'web')).status).toBe(404)
      expect((await api.call('GET', deployment)).status).toBe(404)
      expect((await core('configmaps', 'given')).status).toBe(200)
      expect((await api.call('GET', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/greetings.chart.example.com')).status).toBe(200)
      expect((await api.call('GET', `/api/v1/namespaces/${namespace}/secrets?labelSelector=owner%3Dhelm`)).json.items).toEqual([])
    })
  })
})
