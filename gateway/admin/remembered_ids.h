// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <string_view>

#include "gateway/messages/trace.h"

namespace msggw::admin {

/// The msgIds of messages, as the trace remembers them: what is done has no content any more.
class RememberedIds {
 public:
  explicit RememberedIds(const messages::MessageTrace& trace) {
    for (std::size_t i = 0; i < trace.size(); ++i) {
      if (trace[i].no != messages::MessageNo{} && !trace[i].message_id.view().empty())
        ids_.insert_or_assign(trace[i].no, &trace[i].message_id);
    }
  }
  /// Its beginning, as much as is remembered; empty: nothing is.
  std::string_view of(messages::MessageNo no) const {
    const auto found = ids_.find(no);
    return found == ids_.end() ? std::string_view() : found->second->view();
  }
  bool is(messages::MessageNo no, std::string_view message_id) const {
    const auto found = ids_.find(no);
    return found != ids_.end() && found->second->is_of(message_id);
  }

 private:
  using Id = decltype(messages::MessageEvent::message_id);
  boost::unordered_flat_map<messages::MessageNo, const Id*> ids_;
};

}  // namespace msggw::admin
