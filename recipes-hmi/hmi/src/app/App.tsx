import { useMe } from '../api/queries';
import { SignIn } from '../pages/SignIn';
import { Loading } from '../parts/Loading';
import { Shell } from './Shell';

export function App() {
  const { data: me, isPending } = useMe();
  if (isPending) return <Loading />;
  return me ? <Shell me={me} /> : <SignIn />;
}
