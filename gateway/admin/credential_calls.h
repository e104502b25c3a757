// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "adapters/wire/http/server.h"
#include "gateway/admin/target.h"
#include "gateway/core/operations.h"
#include "gateway/credentials/doors.h"
#include "gateway/roster/credential_rows.h"

namespace msggw::admin {

/// The part of the operator's API that is about credentials: those of one device, and lists of many
/// devices'. No answer holds a secret, nor does an error quote one. Loop thread only.
class CredentialCalls {
 public:
  /// Says it when all that has been decided up to now is durable.
  using WhenDurable = std::function<void(const http::Responder&, http::Response)>;

  CredentialCalls(core::Operations& operations, credentials::OperatorSide& side,
                  WhenDurable when_durable, WhenDurable when_told)
      : operations_(operations),
        side_(side),
        when_durable_(std::move(when_durable)),
        when_told_(std::move(when_told)) {}

  /// GET and POST /api/v1/devices/{privateId}/credentials
  void of_device(const http::Request& request, std::string_view private_id,
                 const http::Responder& responder, base::TimePoint now);
  /// DELETE /api/v1/devices/{privateId}/credentials/{number}
  void remove(const http::Request& request, const Target& target, const http::Responder& responder,
              base::TimePoint now);
  /// POST /api/v1/credentials, text/csv, at most Api::kMostRows rows: each for itself.
  void take_list(const http::Request& request, const http::Responder& responder,
                 base::TimePoint now);

 private:
  base::Result<credentials::Added> add(const roster::CredentialRow& row, base::TimePoint now);
  std::string describe(const credentials::Book::Entry& entry, base::TimePoint now) const;
  http::Response list(core::DeviceNo device, base::TimePoint now) const;
  void note(std::string_view event, const credentials::Book::Entry& entry,
            base::Source source) const;

  core::Operations& operations_;
  credentials::OperatorSide& side_;
  WhenDurable when_durable_;
  WhenDurable when_told_;  ///< the broker has been told besides
};

}  // namespace msggw::admin
