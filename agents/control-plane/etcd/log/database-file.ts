/** Name of the database in a data folder. */
export const databaseFile = 'kubarium-etcd.db'
