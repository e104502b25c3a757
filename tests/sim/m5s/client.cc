// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/client.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace msggw::m5s {

void Client::post(Post what, Answered answered) {
  const base::Address address{what.at.host, what.at.port};
  auto found = origins_.find(address);
  if (found == origins_.end()) {
    if (origins_.size() >= kMostOrigins) {
      boost::asio::post(io_, [answered = std::move(answered)] { answered(nullptr); });
      return;
    }
    found = origins_
                .emplace(address, version_ == 20 ? http2_origin(io_, answer_within_)
                                                 : http1_origin(io_, answer_within_))
                .first;
  }
  found->second->post(std::move(what), std::move(answered));
}

}  // namespace msggw::m5s
