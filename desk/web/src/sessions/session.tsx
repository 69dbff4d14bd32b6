// SPDX-License-Identifier: Apache-2.0

import { Empty } from "../ui/states";

export default function SessionPage({ id }: { id: string }) {
  return <Empty title={id} />;
}
