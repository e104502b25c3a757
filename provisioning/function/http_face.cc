#include "provisioning/function/http_face.h"

#include <optional>
#include <stdexcept>

#include "gateway/base/crash_point.h"
#include "provisioning/function/negotiation.h"
#include "provisioning/function/target.h"

namespace msggw::function {

namespace {

constexpr const char* kRetryAfterSeconds =
    "1";  ///< a commit takes milliseconds; a failing disk is tried each second
constexpr const char* kBothTypes = "application/json, application/cbor";

std::string one_of(std::string text) {
  return text.append(kBothTypes);
}

std::size_t half_of(CommitNo no) noexcept {
  return static_cast<std::uint64_t>(no) & 1;
}

/// The methods of RFC 9110 and 5789: known, so 405 where they do not fit; any other is 501
/// (TS 29.500 5.2.7.2).
bool is_known_method(std::string_view method) noexcept {
  for (const std::string_view known :
       {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}) {
    if (method == known) return true;
  }
  return false;
}

/// `param`: the element at fault (TS 29.571 InvalidParam), none if it is not one element's.
protocol::Problem problem(unsigned status, const char* cause, std::string detail,
                          const char* param = nullptr) {
  protocol::Problem made{status, cause, std::move(detail), {}};
  if (param != nullptr) made.invalid_params.push_back({param, made.detail});
  return made;
}

}  // namespace

protocol::Response response_template(const Policy& policy, const protocol::WireLimits& limits) {
  const auto bad = [](const std::string& why) { throw std::runtime_error("[pf.policy] " + why); };
  if (policy.server_service_ids.size() > limits.server_service_ids) {
    bad("server_service_ids: at most " + std::to_string(limits.server_service_ids));
  }
  const protocol::Response sample{"x", policy.server_service_ids, policy.service_info};
  const auto json = protocol::Encoding::json;
  auto read_back = protocol::decode_response(json, protocol::encode_response(json, sample), limits);
  if (!read_back) bad("server_service_ids, service_info: " + read_back.error().detail);
  return std::move(*read_back);
}

HttpFace::HttpFace(const protocol::WireLimits& limits, protocol::Response answers, Ledger& ledger,
                   base::metrics::Registry& metrics)
    : limits_(limits), answer_(std::move(answers)), ledger_(ledger), metrics_(metrics) {}

HttpFace::Method HttpFace::method_of(std::string_view method) noexcept {
  if (method == "POST") return Method::post;
  if (method == "GET") return Method::get;
  if (method == "DELETE") return Method::del;
  return Method::other;
}

void HttpFace::handle(const http::Request& request, const http::Responder& responder) {
  const auto named = protocol::encoding_of(request.content_type).value_or(protocol::Encoding::json);
  const auto wanted = choose_encoding(request.accept, named);
  const Exchange exchange{responder, method_of(request.method), wanted.value_or(named)};
  const Target target = parse_target(request.path);
  switch (target.kind) {
    case Target::Kind::collection:
      if (exchange.method != Method::post) return refuse_method(request, exchange, "POST");
      return on_post(request, exchange, wanted.has_value());
    case Target::Kind::item:
      if (exchange.method == Method::get && wanted) return on_get(exchange, target.private_id);
      if (exchange.method == Method::get) return refuse_accept(exchange);
      if (exchange.method == Method::del) return on_delete(exchange, target.private_id);
      return refuse_method(request, exchange, "GET, DELETE");
    case Target::Kind::health:
      if (exchange.method == Method::get) return on_health(exchange);
      return refuse_method(request, exchange, "GET");
    case Target::Kind::bad_item:
      return refuse(exchange, problem(400, "MANDATORY_IE_INCORRECT",
                                      "the percent-encoding of the path is broken", "{privateId}"));
    case Target::Kind::unknown:
      return refuse(exchange, problem(404, "RESOURCE_URI_STRUCTURE_NOT_FOUND",
                                      "the resources are " + std::string(kCollectionPath) +
                                          " and below it /{privateId}"));
  }
}

void HttpFace::on_post(const http::Request& request, const Exchange& exchange, bool acceptable) {
  const auto encoding = protocol::encoding_of(request.content_type);
  if (!encoding) {
    return refuse(exchange, problem(415, "", one_of("the body must be one of ")),
                  {{"accept", kBothTypes}});
  }
  if (!acceptable) return refuse_accept(exchange);
  const auto decoded = protocol::decode_request(*encoding, request.body, limits_);
  if (!decoded.ok()) return refuse(exchange, decoded.problem);
  const auto id = core::PrivateId::parse(decoded.request.private_id, limits_.private_id_octets);
  if (!id) return refuse_private_id(exchange, id.error(), "privateId");
  settle(exchange, ledger_.provision(*id, decoded.request.ue_type));
}

void HttpFace::on_get(const Exchange& exchange, std::string_view private_id) {
  const auto id = core::PrivateId::parse(private_id, limits_.private_id_octets);
  if (!id) return refuse_private_id(exchange, id.error(), "{privateId}");
  settle(exchange, ledger_.look_up(*id));
}

void HttpFace::on_delete(const Exchange& exchange, std::string_view private_id) {
  const auto id = core::PrivateId::parse(private_id, limits_.private_id_octets);
  if (!id) return refuse_private_id(exchange, id.error(), "{privateId}");
  settle(exchange, ledger_.release(*id));
}

void HttpFace::on_health(const Exchange& exchange) {
  const bool failing = ledger_.failing();
  http::Response response;
  response.status = failing ? 503 : 200;
  response.content_type = "application/json";
  response.body = std::string(R"({"state":")") + (failing ? "store_failing" : "ready") +
                  R"(","assignments":)" + std::to_string(ledger_.assignments()) +
                  R"(,"unanswered":)" + std::to_string(ledger_.waiting()) + "}";
  respond(exchange, std::move(response));
}

void HttpFace::settle(const Exchange& exchange, const Verdict& verdict) {
  if (verdict.due == kNow) return say(exchange, verdict.what, verdict.row);
  parked_[half_of(verdict.due)].push_back({exchange, verdict.what, verdict.row});
}

void HttpFace::committed(CommitNo no) {
  auto& due = parked_[half_of(no)];
  for (const Parked& parked : due) {
    say(parked.exchange, parked.what, parked.row);
    base::crash_point("pf-answered");
  }
  due.clear();
}

void HttpFace::drop_parked() noexcept {
  for (auto& parked : parked_) parked.clear();
}

void HttpFace::say(const Exchange& exchange, Verdict::What what, Row row) {
  switch (what) {
    case Verdict::What::assigned: return say_assignment(exchange, 201, row);
    case Verdict::What::known: return say_assignment(exchange, 200, row);
    case Verdict::What::released: {
      http::Response response;
      response.status = 204;
      return respond(exchange, std::move(response));
    }
    case Verdict::What::absent:
      return refuse(exchange,
                    problem(404, "PRIVATE_ID_NOT_FOUND", "the Private ID has no Service ID here"));
    case Verdict::What::congested: return refuse_overload(exchange);
    case Verdict::What::full: return refuse_quota(exchange);
    case Verdict::What::exhausted:
      return refuse(exchange,
                    problem(500, "SYSTEM_FAILURE", "no Service ID that is free was found"));
  }
}

void HttpFace::say_assignment(const Exchange& exchange, unsigned status, Row row) {
  const AssignmentRecord record = ledger_.record(row);
  answer_.service_id.assign(record.service_id);
  http::Response response;
  response.status = status;
  response.content_type = protocol::media_type(exchange.encoding);
  response.body = protocol::encode_response(exchange.encoding, answer_);
  if (status == 201) response.headers.emplace_back("location", item_path(record.private_id));
  respond(exchange, std::move(response));
}

void HttpFace::refuse_method(const http::Request& request, const Exchange& exchange,
                             const char* allow) {
  if (!is_known_method(request.method)) {
    return refuse(exchange, problem(501, "", "the method is not known"));
  }
  refuse(exchange, problem(405, "", std::string("the methods of this resource are ") + allow),
         {{"allow", allow}});
}

void HttpFace::refuse_accept(const Exchange& exchange) {
  refuse(exchange, problem(406, "", one_of("the answer can be one of ")));
}

void HttpFace::refuse_private_id(const Exchange& exchange, const base::Error& error,
                                 const char* where) {
  refuse(exchange, problem(400, "MANDATORY_IE_INCORRECT", error.detail, where));
}

void HttpFace::refuse_overload(const Exchange& exchange) {
  ++refused_overload_;
  refuse(exchange, problem(503, "NF_CONGESTION", "too many requests wait for the store"),
         {{"retry-after", kRetryAfterSeconds}});
}

void HttpFace::refuse_quota(const Exchange& exchange) {
  ++refused_quota_;
  refuse(exchange, problem(403, "QUOTA_EXCEEDED", "all Service IDs (max_assignments) are in use"));
}

void HttpFace::refuse(const Exchange& exchange, const protocol::Problem& problem, Headers headers) {
  http::Response response;
  response.status = problem.status;
  response.content_type = protocol::problem_media_type(exchange.encoding);
  response.body = protocol::encode_problem(exchange.encoding, problem);
  response.headers = std::move(headers);
  respond(exchange, std::move(response));
}

void HttpFace::respond(const Exchange& exchange, http::Response response) {
  count(exchange.method, response.status);
  exchange.responder.respond(std::move(response));
}

void HttpFace::count(Method method, unsigned status) {
  constexpr std::array<const char*, kMethods> kNames{"POST", "GET", "DELETE", "other"};
  const auto row = static_cast<std::size_t>(method);
  auto& slot = counters_[row].at(status - 200);
  if (slot == nullptr) {  // once for each pair: most of them never happen
    slot = &base::metrics::counter(metrics_, "msggw_pf_requests_total",
                                   "Requests answered by the Provisioning Function",
                                   {{"method", kNames[row]}, {"status", std::to_string(status)}});
  }
  slot->Increment();
}

void HttpFace::log_refusals(base::TimePoint now) {
  if (refused_overload_ + refused_quota_ == 0 || !refusal_events_.pass(now)) return;
  base::log::warn("pf_refusing", {{"overload", refused_overload_}, {"quota", refused_quota_}});
  refused_overload_ = 0;
  refused_quota_ = 0;
}

}  // namespace msggw::function
