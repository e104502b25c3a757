// SPDX-License-Identifier: Apache-2.0
#include "gateway/service/operator_reads.h"

#include <utility>

namespace msggw::service {

/// Of one list, and up to a number that is in RAM: so what is found stays in order.
std::vector<std::uint64_t> OperatorReads::take(std::size_t most) {
  std::vector<std::uint64_t> keys;
  while (most > 0 && keys.empty() && !lists_.empty()) {
    List& list = lists_.front();
    while (keys.size() < most && list.found.size() + keys.size() < list.numbers.size()) {
      const messages::MessageNo no = list.numbers[list.found.size() + keys.size()];
      const messages::Carried* const in_ram = queue_.contents.find(no);
      if (in_ram == nullptr) {
        keys.push_back(messages::number(no));
      } else if (keys.empty()) {
        list.found.emplace_back(*in_ram);
      } else {
        break;
      }
    }
    if (keys.empty()) finish();
  }
  return keys;
}

void OperatorReads::brought(std::optional<messages::Carried> carried) {
  lists_.front().found.push_back(std::move(carried));
  finish();
}

void OperatorReads::finish() {
  if (lists_.front().found.size() < lists_.front().numbers.size()) return;
  List list = std::move(lists_.front());
  lists_.pop_front();
  list.done(std::move(list.found));
}

}  // namespace msggw::service
