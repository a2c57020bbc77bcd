import { useData, useMe } from '../api/queries';
import { NoData } from '../pages/NoData';
import { SignIn } from '../pages/SignIn';
import { Loading } from '../parts/Loading';
import { Shell } from './Shell';

export function App() {
  const { data: me, isPending } = useMe();
  if (isPending) return <Loading />;
  return me ? <Shell me={me} /> : <Entrance />;
}

/** What somebody sees who is not signed in. */
function Entrance() {
  const partition = useData().data?.partition;
  return partition?.kind === 'locked' ? <NoData reason={partition.reason} /> : <SignIn />;
}
