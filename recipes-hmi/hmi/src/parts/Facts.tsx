import type { ReactNode } from 'react';
import styles from './Facts.module.css';

export type Fact = { name: string; value: ReactNode };

/** Names and values, in two columns. */
export function Facts({ title, facts }: { title: string; facts: Fact[] }) {
  return (
    <section>
      <h3 className="cardTitle">{title}</h3>
      <dl className={styles.facts}>
        {facts.map(({ name, value }) => (
          <div key={name} className={styles.fact}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
