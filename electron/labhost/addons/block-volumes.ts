/** The lab's disks as a CSI driver: the default StorageClass, and what the controllers of its volumes may do. */
import { diskDriver, diskFileSystem } from '../../../agents/wire/cloud/disk-driver.ts'
import type { AddonObject } from './addon-object.ts'

const events = { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] }
const rule = (apiGroup: string, resources: readonly string[], verbs: readonly string[]) => ({ apiGroups: [apiGroup], resources, verbs })
const read = ['get', 'list', 'watch'] as const

/** Each acts as its own service account in kube-system; upstream's names for the rights of the three sidecars. */
const rights: Readonly<Record<string, readonly object[]>> = {
  'csi-provisioner': [rule('', ['persistentvolumes'], [...read, 'create', 'delete', 'patch']), rule('', ['persistentvolumeclaims'], read), rule('storage.k8s.io', ['storageclasses', 'volumeattachments'], read), events],
  'csi-attacher': [rule('', ['persistentvolumes'], [...read, 'patch']), rule('storage.k8s.io', ['volumeattachments'], [...read, 'patch']), rule('storage.k8s.io', ['volumeattachments/status'], ['patch']), events],
  'csi-resizer': [rule('', ['persistentvolumes'], [...read, 'patch']), rule('', ['persistentvolumeclaims'], read), rule('', ['persistentvolumeclaims/status'], ['patch']), events],
}

export const blockVolumes: readonly AddonObject[] = [
  { apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', metadata: { name: diskDriver }, spec: { attachRequired: true, podInfoOnMount: false, fsGroupPolicy: 'ReadWriteOnceWithFSType', volumeLifecycleModes: ['Persistent'] } },
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: diskDriver,
    parameters: { 'csi.storage.k8s.io/fstype': diskFileSystem },
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
    allowVolumeExpansion: true,
  },
  ...Object.entries(rights).flatMap(([name, rules]): AddonObject[] => [
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: `kubarium:${name}` }, rules },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: `kubarium:${name}` },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `kubarium:${name}` },
      subjects: [{ kind: 'ServiceAccount', name, namespace: 'kube-system' }],
    },
  ]),
]
