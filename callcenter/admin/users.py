"""Users and their roles: nobody gives more than they have themselves."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from callcenter import roles

admin.site.unregister([User, Group])


@admin.register(User)
class PeopleAdmin(UserAdmin):
    """Those who are no superuser see to people with no more rights than their own."""

    list_display = ["username", "first_name", "last_name", "roles_of", "is_active"]
    list_filter = ["is_active", "groups", "is_staff", "is_superuser"]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = ["user_permissions"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        users: QuerySet[User] = super().get_queryset(request)
        return users.prefetch_related("groups")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return super().get_fieldsets(request, obj)
        rights = ["is_active", "groups", "is_staff"]
        if request.user.is_superuser:
            rights += ["is_superuser", "user_permissions"]
        who = ["first_name", "last_name", "email"]
        times = ["last_login", "date_joined"]
        return [
            (None, {"fields": ["username", "password"]}),
            (gettext_lazy("Personal data"), {"fields": who}),
            (gettext_lazy("Roles and rights"), {"fields": rights}),
            (gettext_lazy("Times"), {"fields": times}),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or has_no_more(obj, request.user))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or has_no_more(obj, request.user))

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "groups" and not request.user.is_superuser:
            kwargs["queryset"] = Group.objects.filter(
                pk__in=groups_within(request.user)
            )
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}  # one by one: each is looked at

    @admin.display(description=gettext_lazy("roles"))
    def roles_of(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all())) or "-"


@admin.register(Group)
class RightsGroupAdmin(GroupAdmin):
    """Groups of one's own; those of the roles are as callcenter.roles has them."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and not is_role(obj) and is_within(obj, request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and not is_role(obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if request is not None and not request.user.is_superuser:
            given = roles.given_by(request.user)
            keys = [
                one.pk
                for one in field.queryset.select_related("content_type")
                if name_of(one) in given
            ]
            field.queryset = field.queryset.filter(pk__in=keys)
        return field


def is_within(group: Any, user: Any) -> bool:
    """Say whether a group has no right that its editor lacks."""
    if user.is_superuser or group is None:
        return True
    return group.pk in groups_within(user)


def is_role(group: Any) -> bool:
    return isinstance(group, Group) and group.name in roles.ROLES


def has_no_more(user: User, than: Any) -> bool:
    """Say whether somebody who manages users may manage this one."""
    if than.is_superuser or user.pk == than.pk:
        return True
    rights: set[str] = user.get_all_permissions()
    return not user.is_superuser and rights <= roles.given_by(than)


def groups_within(user: Any) -> list[int]:
    """Return the groups that a user can give: those with no right that they cannot."""
    mine = roles.given_by(user)
    groups = Group.objects.prefetch_related("permissions__content_type")
    return [
        group.pk
        for group in groups
        if {name_of(one) for one in group.permissions.all()} <= mine
    ]


def name_of(permission: Any) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"
