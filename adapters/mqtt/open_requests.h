#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/ids.h"

namespace msggw::mqtt {

/// Who asked, and where the answer goes. Views live as long as their owner says.
struct Sender {
  std::string_view id;              ///< in the device's own spelling
  std::string_view response_topic;  ///< MQTT 5; checked; empty: none
  std::string_view correlation;
};

/// The requests for which the core gave no answer at once, under the ticket that the core gives
/// back with the answer. A ticket is a place and the number of its use, so that an answer which
/// comes twice or for nothing finds nothing. Places are reused with their memory.
class OpenRequests {
 public:
  struct Request {
    std::string id;
    std::string response_topic;
    std::string correlation;

    Sender sender() const noexcept { return {id, response_topic, correlation}; }
  };

  explicit OpenRequests(std::size_t most) : most_(most) {}

  bool is_full() const noexcept { return open_ >= most_; }
  std::size_t size() const noexcept { return open_; }

  /// The ticket that the next keep() will stand under. Requires !is_full().
  core::Ticket next_ticket();
  /// Copies `sender` to the place of next_ticket().
  void keep(const Sender& sender);
  /// The request, which is no longer open; none if the ticket is not known. Valid until the next
  /// call.
  const Request* take(core::Ticket ticket);

 private:
  struct Place {
    Request request;
    std::uint32_t use = 0;
    bool open = false;
  };

  std::size_t most_;
  std::size_t open_ = 0;
  std::vector<Place> places_;
  std::vector<std::uint32_t> free_;
};

}  // namespace msggw::mqtt
