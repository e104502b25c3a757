// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "adapters/wire/http/server.h"
#include "gateway/admin/credential_calls.h"
#include "gateway/admin/message_calls.h"
#include "gateway/admin/removals.h"
#include "gateway/admin/status.h"
#include "gateway/admin/target.h"
#include "gateway/base/context.h"
#include "gateway/base/sources.h"
#include "gateway/core/operations.h"
#include "gateway/roster/rows.h"

namespace msggw::admin {

/// What the API does its work with.
struct ApiDoors {
  core::Operations& operations;
  MessageDoors messages;
  credentials::OperatorSide& credentials;
  /// Whether the broker has all that was taken away and is durable here. Empty: there is none that
  /// is told.
  std::function<bool()> has_told_broker{};
};

/// What is said of a device beside its row.
struct Saying {
  std::vector<std::string> kept = {};
  messages::Held ending = {};  ///< `down` end, `up` go up first
};

/// The operator's API, below /api/v1 (docs/operator-api.md): devices added one by one or in lists
/// of at most kMostRows, with their aliases, suspended, resumed, asked for again, removed; looked
/// at; their credentials (CredentialCalls); messages (MessageCalls); why a device is not where it
/// should be, what has happened, and the status. What changes the table is answered after the
/// commit that holds it; the event that tells of it is written before, so that none is missing.
/// Whoever calls has been let in by the Guard. Loop thread only.
class Api {
 public:
  static constexpr std::size_t kMostRows = 1'000;    ///< of one list, and of all lists in one turn
  static constexpr std::size_t kMostLists = 64;      ///< that wait for their turn; above: 503
  static constexpr std::size_t kMostParked = 4'096;  ///< answers that wait for a commit; above: 503
  /// How long an answer waits for the broker to be told, once it is durable here.
  static constexpr base::Duration kToldWithin{2'000};

  Api(const base::Context& context, const ApiDoors& doors, std::function<Status()> look)
      : context_(context),
        doors_(doors),
        operations_(doors.operations),
        look_(std::move(look)),
        removals_(operations_, doors.messages.side),
        messages_(doors.messages,
                  [this](const http::Responder& responder, http::Response response) {
                    answer_with(doors_.messages.side.durable_with(), responder,
                                std::move(response));
                  }),
        credentials_(
            operations_, doors.credentials,
            [this](const http::Responder& responder, http::Response response) {
              answer_with(doors_.credentials.durable_with(), responder, std::move(response));
            },
            [this](const http::Responder& responder, http::Response response) {
              answer_with(doors_.credentials.durable_with(), responder, std::move(response), true);
            }) {}

  void handle(const http::Request& request, const http::Responder& responder);

  /// Takes in what waits, within the bound of a turn, and answers what has become durable. Before
  /// the service offers the changes of this turn to the writer.
  void end_turn(base::TimePoint now);
  /// When end_turn() has something to do next, if nothing else happens.
  std::optional<base::TimePoint> next_deadline() const;

 private:
  /// Who asked, and where the answer goes.
  struct Asked {
    base::Source source;
    http::Responder responder;
  };
  /// What has become of rows.
  struct Counts {
    std::size_t added = 0;
    std::size_t known = 0;
    std::size_t failed = 0;
  };
  /// A list on its way in.
  struct List {
    Asked asked;
    base::TimePoint deadline;
    roster::RowReader reader;
    std::string text;
    std::size_t at = 0;
    Counts counts = {};
    Counts told = {};          ///< of them, what an event has told of
    std::string results = {};  ///< JSON, an object a row
  };
  struct Parked {
    std::uint64_t batch;
    base::TimePoint deadline;
    http::Responder responder;
    http::Response response;
    bool is_for_broker = false;  ///< the broker is told before it is answered
  };

  /// False: there was nothing to do.
  using Operation = base::Result<bool> (Api::*)(core::DeviceNo);
  base::Result<bool> suspend(core::DeviceNo no) {
    return operations_.suspend(no, context_.clock.now());
  }
  base::Result<bool> resume(core::DeviceNo no) { return operations_.resume(no); }
  base::Result<bool> reprovision(core::DeviceNo no) {
    const auto asked = operations_.ask_again(no);
    if (!asked) return tl::unexpected(asked.error());
    return true;
  }
  base::Result<bool> remove(core::DeviceNo no) {
    return operations_.remove(no, context_.clock.now());
  }
  base::Result<bool> forget(core::DeviceNo no) {
    return operations_.forget(no, context_.clock.now());
  }

  void collection(const http::Request& request, const http::Responder& responder);
  void item(const http::Request& request, const Target& target, const http::Responder& responder);
  /// `event` tells that something was done.
  void operate(std::string_view event, Operation operation, std::string_view private_id,
               const Asked& asked);
  void remove_alias(const http::Request& request, const Target& target,
                    const http::Responder& responder);
  base::Result<core::Added> add(const roster::Row& row);
  static std::vector<std::string> kept_of(const core::Added& added);
  void add_one(std::string_view body, const Asked& asked);
  void take_list(roster::Format format, std::string_view body, const Asked& asked);
  http::Response list_devices(std::string_view query) const;
  http::Response describe(unsigned status, core::DeviceNo no, Saying saying = {}) const;
  http::Response status() const;
  void append_device(std::string& out, core::DeviceNo no, Saying saying = {}) const;
  void message(const http::Request& request, const Target& target,
               const http::Responder& responder);
  http::Response why(std::string_view private_id) const;
  http::Response trace(std::string_view query) const;

  void read_lists();
  bool read_rows(List& list, std::size_t& budget);
  void read_row(List& list, std::string_view record);
  static void tell(List& list);
  static http::Response result_of(const List& list);

  void answer_when_durable(const http::Responder& responder, http::Response response);
  void answer_with(std::optional<std::uint64_t> batch, const http::Responder& responder,
                   http::Response response, bool is_for_broker = false);
  void answer_parked(base::TimePoint now);

  base::Context context_;
  base::TimePoint began_ = context_.clock.now();  ///< with the process, nearly
  ApiDoors doors_;
  core::Operations& operations_;
  std::function<Status()> look_;
  Removals removals_;
  MessageCalls messages_;
  CredentialCalls credentials_;
  std::deque<List> lists_;
  std::deque<Parked> parked_;  // in the order of their batches
  std::deque<Parked> untold_;  ///< durable here, and not told to the broker
};

}  // namespace msggw::admin
