// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "adapters/wire/http/server.h"
#include "gateway/admin/message_query.h"
#include "gateway/base/sources.h"
#include "gateway/core/tables.h"
#include "gateway/messages/operator_side.h"

namespace msggw::admin {

/// What the API is given of the messages.
struct MessageDoors {
  messages::OperatorSide& side;
  messages::ReadContents read;
};

/// The part of the operator's API that is about messages: lists of them, one with what it carries,
/// their end by hand. Loop thread only.
class MessageCalls {
 public:
  static constexpr std::size_t kMostReading = 16;   ///< lists at once whose contents are read
  static constexpr std::size_t kMostRemoved = 100;  ///< in one request
  /// Says it when all that has been decided up to now is durable.
  using WhenDurable = std::function<void(const http::Responder&, http::Response)>;

  MessageCalls(MessageDoors doors, WhenDurable when_durable)
      : doors_(std::move(doors)), when_durable_(std::move(when_durable)) {}

  /// GET /api/v1/messages
  void list(std::string_view query, const http::Responder& responder);
  /// GET /api/v1/messages/{number}
  void show(messages::MessageNo no, std::string_view query, const http::Responder& responder);
  /// DELETE /api/v1/messages/{number}
  void remove(messages::MessageNo no, base::Source source, const http::Responder& responder,
              base::TimePoint now);
  /// POST /api/v1/messages/removals
  void remove_many(const http::Request& request, const http::Responder& responder,
                   base::TimePoint now);

 private:
  const messages::Queue& queue() const noexcept { return doors_.side.queue(); }
  const core::Tables& devices() const noexcept { return queue().devices; }
  base::Result<messages::Selection> selection_of(const MessageSelection& said) const;
  bool may_read(const http::Responder& responder);
  void read(std::vector<messages::MessageNo> numbers,
            std::function<void(std::vector<std::optional<messages::Carried>>)> done);
  http::Response page_of(const messages::Page& page, const std::string& message_id,
                         const std::vector<std::optional<messages::Carried>>& found) const;
  static void tell(std::size_t removed, std::string_view private_id, base::Source source);

  MessageDoors doors_;
  WhenDurable when_durable_;
  std::size_t reading_ = 0;
  /// Gone with this object: then what is read is nobody's any more.
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace msggw::admin
