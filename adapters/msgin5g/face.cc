// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/face.h"

#include <algorithm>
#include <array>
#include <utility>

#include "adapters/msgin5g/face_counters.h"
#include "adapters/msgin5g/media_type.h"

namespace msggw::msgin5g {

namespace {

/// The methods of RFC 9110 and 5789 but for POST; any other is unknown.
constexpr std::array<std::string_view, 8> kOtherMethods = {"GET",   "HEAD",    "PUT",   "DELETE",
                                                           "PATCH", "OPTIONS", "TRACE", "CONNECT"};

std::optional<Problem> problem_of_target(const Target& target) {
  if (target.wrong_version)
    return Problem{Refusal::api, "this gateway serves version v1 of this API"};
  if (target.operation == Operation::none)
    return Problem{Refusal::uri, "there is nothing at this path"};
  return std::nullopt;
}

std::optional<Problem> problem_of_method(std::string_view method) {
  if (method == "POST") return std::nullopt;
  const bool known =
      std::find(kOtherMethods.begin(), kOtherMethods.end(), method) != kOtherMethods.end();
  if (!known) return Problem{Refusal::unknown_method, "the method is not known"};
  return Problem{Refusal::method, "the only method of this resource is POST"};
}

}  // namespace

Ticket::Ticket(std::shared_ptr<FaceCounters> counters, Operation operation,
               http::Responder responder)
    : counters_(std::move(counters)), operation_(operation), responder_(std::move(responder)) {}

void Ticket::accept() const {
  counters_->answered(operation_, std::nullopt);
  http::Response response;
  response.status = 204;
  responder_.respond(std::move(response));
}

void Ticket::refuse(const Problem& problem) const {
  counters_->answered(operation_, problem.why);
  responder_.respond(response_of(problem));
}

Face::Face(FaceOptions options, Receiver& receiver, base::metrics::Registry& metrics,
           TokenCheck check_token)
    : options_(std::move(options)),
      receiver_(receiver),
      counters_(std::make_shared<FaceCounters>(metrics)),
      check_token_(std::move(check_token)),
      encoding_of_([this](const auto& message) { return receiver_.encoding_of(message); }) {}

void Face::handle(const http::Request& request, const http::Responder& responder) {
  const Target target = target_of(request.path, options_);
  const Ticket ticket(counters_, target.operation, responder);
  if (!options_.client_names.empty()) responder.keep(is_client(request));
  const auto octets = std::max<std::uint64_t>(request.body.size(), request.announced_octets);
  if (const auto problem = problem_of(request, target, octets, true))
    return ticket.refuse(*problem);
  deliver(request, target.operation, ticket);
}

bool Face::reads_body(const http::Request& request, std::uint64_t octets) const {
  return !problem_of(request, target_of(request.path, options_), octets, false);
}

bool Face::is_client(const http::Request& request) const {
  const auto& known = options_.client_names;
  return known.empty() ||
         std::any_of(request.client_names.begin(), request.client_names.end(),
                     [&](const std::string& name) {
                       return std::find(known.begin(), known.end(), name) != known.end();
                     });
}

std::optional<Problem> Face::problem_of(const http::Request& request, const Target& target,
                                        std::uint64_t octets, bool is_answered) const {
  if (!is_client(request))
    return Problem{Refusal::client, "the certificate of the client names nobody who may call"};
  if (auto problem = problem_of_target(target)) return problem;
  if (auto problem = problem_of_method(request.method)) return problem;
  if (check_token_) {
    auto problem = check_token_(role_of(target.operation), request.authorization, is_answered);
    if (problem) return problem;
  }
  if (!is_type(request.content_type, kJson)) {
    return Problem{Refusal::media_type,
                   "the body must be application/json",
                   {{"header content-type", "is not application/json"}}};
  }
  if (octets > options_.limits.body_octets) return too_long(options_.limits);
  return std::nullopt;
}

void Face::deliver(const http::Request& request, Operation operation, const Ticket& ticket) {
  const Role role = role_of(operation);
  if (operation == Operation::l3g_report || operation == Operation::n3g_report) {
    auto report = read_report(request.body, options_.limits);
    if (!report) return ticket.refuse(report.error());
    return receiver_.deliver_report(role, *std::move(report), ticket);
  }
  auto message = read_message(request.body, encoding_of_, options_.limits);
  if (!message) return ticket.refuse(message.error());
  message->priority = priority_of(request);
  receiver_.deliver_message(role, *std::move(message), ticket);
}

messages::Priority Face::priority_of(const http::Request& request) {
  if (request.message_priority.empty()) return messages::Priority::normal;
  const auto priority = msgin5g::priority_of(request.message_priority);
  if (!priority) counters_->priority_ignored();
  return priority.value_or(messages::Priority::normal);
}

}  // namespace msggw::msgin5g
