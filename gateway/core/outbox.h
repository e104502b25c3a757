// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/core/ids.h"

namespace msggw::core {

enum class Verdict {
  provisioned,  ///< the device has its Service ID; read the rest by Registrations::view()
  pending,  ///< recorded, no Service ID yet; ask again after `retry_after` (or be told, where the
            ///< bearer can)
  refused,  ///< by the Provisioning Function or an operator; `error.detail` is "CAUSE: reason"
  deregistered,  ///< the registration over this bearer has ended
  failed,        ///< the request was wrong or could not be taken now; see `error`
};

/// The answer to one request of a device.
struct Answer {
  Ticket ticket{};
  Verdict verdict = Verdict::failed;
  DeviceNo device{};                             ///< for registered, pending, refused, deregistered
  base::Error error{base::Errc::malformed, {}};  ///< for refused and failed
  base::Duration retry_after{0};  ///< for pending, and for failed with Errc::overloaded
  /// The registration over this bearer began with this request. Told only where
  /// RegisterRequest::when_recorded was set.
  bool began = false;

  static Answer of(Ticket ticket, Verdict verdict, DeviceNo device) {
    Answer answer;
    answer.ticket = ticket;
    answer.verdict = verdict;
    answer.device = device;
    return answer;
  }
  static Answer failed(Ticket ticket, base::Error error,
                       base::Duration retry_after = base::Duration{0}) {
    Answer answer;
    answer.ticket = ticket;
    answer.error = std::move(error);
    answer.retry_after = retry_after;
    return answer;
  }
};

/// What the core wants done outside. Adapters and the service empty it once a turn.
struct Outbox {
  struct ToAdapter {
    Bearer bearer;
    Answer answer;
  };
  /// Something about the device changed that it was told to wait for, and no open request will
  /// carry it.
  struct Notice {
    Bearer bearer;
    DeviceNo device;
    bool first = false;  ///< what it was told to wait for since its first contact
  };

  /// What ends the first contact of a device that is registered over `bearer`: a Service ID or a
  /// refusal. It is not durable yet; what is decided in this turn is, with the same batch.
  struct Decision {
    Bearer bearer;
    DeviceNo device;
  };

  /// The device lost this alias (canonical). Whatever a bearer keeps for the device under that name
  /// must go: the next device of that name must not take it for its own.
  struct Parting {
    DeviceNo device;
    std::string private_id;
  };

  /// A registration whose lifetime is over.
  struct Expiry {
    Bearer bearer;
    DeviceNo device;
  };

  std::vector<ToAdapter> answers;
  std::vector<Notice> notices;
  std::vector<Decision> decisions;
  std::vector<Parting> partings;
  std::vector<Expiry> expired;
  std::vector<DeviceNo> leaving;    ///< whose removal is in the next batch, or was stored at start
  std::vector<DeviceNo> forgotten;  ///< of these, by Operations::forget()
  /// Not to be registered at their MSGin5G Servers any more: what they sent is to go up before
  /// these are told (Turn::still_sends()).
  std::vector<DeviceNo> parting_from_server;
  std::vector<DeviceNo> gone;  ///< rows that ended

  bool empty() const noexcept {
    return answers.empty() && notices.empty() && decisions.empty() && partings.empty() &&
           expired.empty() && leaving.empty() && forgotten.empty() && parting_from_server.empty() &&
           gone.empty();
  }
};

}  // namespace msggw::core
